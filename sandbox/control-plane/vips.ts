import type { ResourceChange, ResourceStore } from './store';

/** The second or first octet per kind, as upstream: 241/8, 242/8, 243/8. */
const NETWORKS: Readonly<Record<string, number>> = {
  MeshService: 241,
  MeshExternalService: 242,
  MeshMultiZoneService: 243,
};

export interface VipOptions {
  /**
   * Allocate from 127.241/16, 127.242/16 and 127.243/16 instead: addresses that Linux lets a stand-in
   * sidecar really listen on. 65,536 services of a kind at most.
   */
  readonly loopback: boolean;
  /** How long after its creation a service has its VIP. */
  readonly delayMs: number;
  readonly enabled: boolean;
}

/** Gives every new MeshService, MeshExternalService and MeshMultiZoneService the next address of its network. */
export class Vips {
  readonly #addresses = new Map<string, string>();
  readonly #next = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #options: VipOptions;
  readonly #listeners = new Set<() => void>();

  constructor(store: ResourceStore, options: VipOptions) {
    this.#options = options;
    store.onChange((change) => this.#follow(change));
  }

  /** Calls `listener` when a service gets its VIP later than its creation. Returns the way to stop that. */
  onAssigned(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The VIP of a service; undefined while it has none yet. */
  of(type: string, mesh: string, name: string): string | undefined {
    return this.#addresses.get(`${type}/${mesh}/${name}`);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #follow({ type, mesh, name, previous, current }: ResourceChange): void {
    const network = NETWORKS[type];
    if (network === undefined || !this.#options.enabled) return;
    if (!current) this.#addresses.delete(`${type}/${mesh}/${name}`);
    if (!current || previous) return;
    if (this.#options.delayMs === 0) {
      this.#assign(type, mesh, name, network);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#assign(type, mesh, name, network);
      for (const listener of this.#listeners) listener();
    }, this.#options.delayMs);
    this.#timers.add(timer.unref());
  }

  #assign(type: string, mesh: string, name: string, network: number): void {
    const index = this.#next.get(type) ?? 0;
    this.#next.set(type, index + 1);
    const low = `${(index >> 8) & 255}.${index & 255}`;
    const ip = this.#options.loopback
      ? `127.${network}.${low}`
      : `${network}.${index >> 16}.${low}`;
    this.#addresses.set(`${type}/${mesh}/${name}`, ip);
  }
}
