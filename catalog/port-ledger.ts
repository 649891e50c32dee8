/**
 * Which service each outbound port was given to. A port that was taken back still means its last
 * service wherever an old address is in use, so it is kept until nothing can point at it any more.
 */
import { formatAddress } from './address';
import type { Catalog } from './catalog';
import { serviceKey, type Referable } from './service';

export interface PortLedger {
  /** Where the search for the next new port begins. */
  readonly next: number;
  /** By port, the `portOwner` that has or had it. */
  readonly given: ReadonlyMap<number, string>;
}

/** `MeshService/orders//zone-a:8080`: what a port is given to. */
export function portOwner(
  service: Omit<Referable, 'hostnames' | 'ports'>,
  port: { readonly port: number },
): string {
  return `${serviceKey(service)}:${port.port}`;
}

interface Listed extends Omit<Referable, 'hostnames' | 'ports'> {
  readonly ports: readonly {
    readonly port: number;
    readonly addresses: { readonly outbound?: string };
  }[];
}

/** What a snapshot says of the ports at one address, one without a ledger too. */
export function ledgerOf(
  snapshot: { readonly ledger?: SnapshotLedger; readonly services: readonly Listed[] },
  address: string,
): PortLedger | undefined {
  const given = new Map<number, string>();
  for (const [port, owner] of snapshot.ledger?.given ?? []) {
    given.set(port, owner);
  }
  const place = formatAddress({ host: address, port: 0 }).slice(0, -1);
  for (const service of snapshot.services) {
    for (const port of service.ports) {
      const { outbound } = port.addresses;
      if (outbound?.startsWith(place) !== true) continue;
      given.set(Number(outbound.slice(place.length)), portOwner(service, port));
    }
  }
  if (given.size === 0 && !snapshot.ledger) return undefined;
  return { next: snapshot.ledger?.next ?? Math.max(...given.keys()) + 1, given };
}

/** With what a catalog shows, for a daemon that gives out no ports itself and may have to one day. */
export function ledgerSeen(
  catalog: Catalog,
  before: PortLedger | undefined,
): PortLedger | undefined {
  if (catalog.gateway.outbounds.length === 0) return before;
  const given = new Map(before?.given);
  for (const service of catalog.services) {
    for (const port of service.ports) {
      const { outbound } = catalog.addressesOf(service, port);
      if (outbound) given.set(outbound.port, portOwner(service, port));
    }
  }
  return { next: before?.next ?? Math.max(0, ...given.keys()) + 1, given };
}

/** As it stands in the snapshot. */
export interface SnapshotLedger {
  next: number;
  given: [number, string][];
}

export function toSnapshotLedger({ next, given }: PortLedger): SnapshotLedger {
  return { next, given: [...given].sort(([a], [b]) => a - b) };
}
