/** Counts the addresses that went to another service: what a stale address would have led to. */
import { networkingOf } from '../../sandbox/control-plane/resource';
import type { World } from '../../sandbox/world';

export interface Reuse {
  /** Ports of backends, VIPs, and outbounds of the gateway. */
  readonly ports: number;
  readonly vips: number;
  readonly outbounds: number;
  /** A backend of the service listens on the port. */
  notePort(port: number, service: string): void;
}

export function countReuse({ controlPlane }: World): Reuse {
  const ports = new Holders();
  const vips = new Holders();
  const outbounds = new Holders();
  controlPlane.onChange(({ type, mesh, name, current }) => {
    if (!current) return;
    if (type === 'MeshService') {
      const vip = controlPlane.world.vips.of(type, mesh, name);
      if (vip !== undefined) vips.note(vip, name);
    }
    if (type !== 'Dataplane') return;
    for (const { port, backendRef } of networkingOf(current).outbound ?? []) {
      const { name: to, labels } = backendRef ?? {};
      outbounds.note(String(port), to ?? JSON.stringify(labels));
    }
  });
  return {
    get ports() {
      return ports.changes;
    },
    get vips() {
      return vips.changes;
    },
    get outbounds() {
      return outbounds.changes;
    },
    notePort: (port, service) => ports.note(String(port), service),
  };
}

/** Who has an address, and how often one changed hands. */
class Holders {
  readonly #holders = new Map<string, string>();
  changes = 0;

  note(address: string, holder: string): void {
    const before = this.#holders.get(address);
    if (before !== undefined && before !== holder) this.changes++;
    this.#holders.set(address, holder);
  }
}
