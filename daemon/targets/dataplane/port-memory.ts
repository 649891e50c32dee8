/** What is known of ports that were given out: which are taken back, and which may have a new owner. Pure. */
import type { GatewayDataplane, Outbound } from '../../../catalog/gateway';
import { targetKey } from '../../../catalog/gateway';
import type { PortLedger } from '../../../catalog/port-ledger';
import type { RememberedPlace } from './dataplane-target';
import { isOwn, type OutboundRoom } from './outbound-form';
import { portsOf } from './plan-graces';
import type { DataplaneMemory, DataplaneSettings } from './settings';

/** The ledger with what the Dataplanes show of ports that it does not know. */
export function ledgerWith(
  ledger: PortLedger | undefined,
  dataplanes: readonly GatewayDataplane[],
  held: ReadonlySet<number>,
  room: OutboundRoom,
): PortLedger {
  const given = new Map(ledger?.given);
  const live = dataplanes.flatMap(({ outbounds }) => outbounds.filter((one) => isOwn(one, room)));
  for (const { port, target } of live) {
    if (!given.has(port)) given.set(port, targetKey(target));
  }
  if (ledger) return { next: ledger.next, given };
  const known = [...given.keys(), ...held].filter(
    (port) => port >= room.ports.first && port <= room.ports.last,
  );
  return { next: known.reduce((last, port) => Math.max(last, port + 1), room.ports.first), given };
}

/** Ports by their owner; one that two of them would have is nobody's. */
export function rememberedPorts(
  remembered: readonly RememberedPlace[],
  room: OutboundRoom,
): ReadonlyMap<string, number> {
  const owners = new Map<number, Set<string>>();
  for (const { owner, place } of remembered) {
    for (const port of portsOf([place], room)) {
      owners.set(port, new Set([...(owners.get(port) ?? []), owner]));
    }
  }
  const single = [...owners].flatMap(([port, named]): [string, number][] => {
    const [owner, ...others] = named;
    return owner === undefined || others.length > 0 ? [] : [[owner, port]];
  });
  // Of several ports of one owner the lowest counts.
  return new Map(single.sort(([, a], [, b]) => b - a));
}

export interface Rest {
  /** When each port was first seen to be on no Dataplane any more. */
  readonly freedSince: ReadonlyMap<number, number>;
  /** Ports that may have a new owner: nothing can point at them any more. */
  readonly released: ReadonlySet<number>;
  /** Ports whose time is over and that some gateway was not seen to have given up. */
  readonly unconfirmed: ReadonlySet<number>;
}

/**
 * A port rests until every reader of an old address has given it up: by time for a plugin server that
 * does not see the new snapshot and for a file on its way, by confirmation for the sidecars.
 */
export function planRest(
  ledger: PortLedger,
  gateways: readonly string[],
  inputs: {
    readonly outbounds: readonly Outbound[];
    readonly held: ReadonlySet<number>;
    readonly known: boolean;
    readonly nowMs: number;
  },
  { config }: DataplaneSettings,
  memory: Readonly<DataplaneMemory>,
): Rest {
  const live = new Set(inputs.outbounds.map(({ port }) => port));
  const freedSince = new Map<number, number>();
  const released = new Set<number>();
  const unconfirmed = new Set<number>();
  for (const port of ledger.given.keys()) {
    if (live.has(port)) continue;
    const sinceMs = memory.freedSince.get(port) ?? inputs.nowMs;
    freedSince.set(port, sinceMs);
    const rested = inputs.nowMs - sinceMs >= config.outbounds.reuseAfter;
    if (!rested || !inputs.known || inputs.held.has(port)) continue;
    const isConfirmed = gateways.every((name) => {
      const { untilMs, sinceMs: streamMs } = memory.confirmed.get(name) ?? unseen;
      return untilMs - Math.max(sinceMs, streamMs) >= memory.confirmMs;
    });
    (isConfirmed ? released : unconfirmed).add(port);
  }
  return { freedSince, released, unconfirmed };
}

const unseen = { sinceMs: Infinity, untilMs: 0 };

/** The ledger without the ports that nothing can point at any more. */
export function withoutReleased(ledger: PortLedger, released: ReadonlySet<number>): PortLedger {
  if (released.size === 0) return ledger;
  return { ...ledger, given: new Map([...ledger.given].filter(([port]) => !released.has(port))) };
}
