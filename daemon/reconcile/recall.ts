/** What a start takes over from the daemon before it: what the snapshot remembers. */
import type { Bindings } from '../../catalog/bindings';
import { ledgerOf, type PortLedger } from '../../catalog/port-ledger';
import type { Snapshot } from '../../catalog/snapshot';
import type { PassContext } from './context';

export interface RecallMemory {
  /** The snapshot as it was found at the start; null where there was none. */
  found?: Snapshot | null;
  bindings?: Bindings;
  ledger?: PortLedger | undefined;
  /** Outbound ports that plugin servers lead to by the snapshot that was found at the start. */
  published?: ReadonlyMap<number, string>;
  /** The mesh was seen since the start: what is known of it is no older than the snapshot. */
  fresh?: boolean;
}

/** Once for each memory. */
export async function recall(
  { snapshot, settings }: Pick<PassContext, 'snapshot' | 'settings'>,
  memory: RecallMemory,
  signal: AbortSignal,
): Promise<void> {
  if (memory.found !== undefined) return;
  const found = (await snapshot?.read(signal)) ?? null;
  memory.found = found;
  if (!found) return;
  memory.bindings ??= new Map(found.bindings);
  const address = settings.outboundAddress ?? '127.0.0.1';
  memory.ledger ??= ledgerOf(found, address);
  memory.published = ledgerOf({ services: found.services }, address)?.given ?? new Map();
}

/**
 * Whether a snapshot would lose addresses of the one that was found, or give them to others: so it is
 * where an old observation from disk would replace what a newer one left.
 */
export function losesAddresses(found: Snapshot, next: Snapshot): boolean {
  const after = addressesOf(next);
  return [...addressesOf(found)].some(([port, addresses]) => after.get(port) !== addresses);
}

function addressesOf({ services }: Snapshot): ReadonlyMap<string, string> {
  return new Map(
    services.flatMap(({ kind, name, namespace, zone, ports }) =>
      ports.map(({ port, addresses }): [string, string] => [
        JSON.stringify([kind, name, namespace, zone, port]),
        JSON.stringify(addresses),
      ]),
    ),
  );
}
