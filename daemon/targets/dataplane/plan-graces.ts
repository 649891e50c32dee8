/** Which own outbounds go, and when: some time after nothing leads there any more. Pure. */
import { outboundKey, type GatewayDataplane, type Outbound } from '../../../catalog/gateway';
import type { HostPort } from '../../translate/translation';
import type { OutboundRoom } from './outbound-form';
import { unneededOutbounds } from './plan-ports';
import {
  listenerKey,
  type DataplaneMemory,
  type DataplaneSettings,
  type ListenerKey,
} from './settings';

/** The ports among some addresses that are in the daemon's room. */
export function portsOf(inUse: readonly HostPort[], { address }: OutboundRoom): readonly number[] {
  const isLoopback = address.startsWith('127.') || address === '::1';
  return inUse
    .filter(({ host }) => host === address || (isLoopback && host.toLowerCase() === 'localhost'))
    .map(({ port }) => port);
}

export interface Graces {
  /** When each unneeded one was first seen so. */
  readonly since: ReadonlyMap<ListenerKey, number>;
  /** Those whose time is over, by Dataplane. */
  readonly due: ReadonlyMap<string, readonly Outbound[]>;
  /** The time of others still runs. */
  readonly running: boolean;
}

export interface GraceInputs {
  readonly held: ReadonlySet<number>;
  readonly known: boolean;
  readonly nowMs: number;
  /** Outbounds without a listener of their own. */
  readonly hidden: ReadonlySet<ListenerKey>;
}

/** Counted from when an outbound is first seen without need: after a restart that is now. */
export function planGraces(
  present: readonly GatewayDataplane[],
  serving: readonly Outbound[],
  { held, known, nowMs, hidden }: GraceInputs,
  { room, config }: DataplaneSettings,
  memory: Readonly<DataplaneMemory>,
): Graces {
  const served = new Set(serving.map(outboundKey));
  const inFile = memory.fileOutbounds && new Set(memory.fileOutbounds.map(outboundKey));
  const since = new Map<ListenerKey, number>();
  const due = new Map<string, readonly Outbound[]>();
  let running = false;
  for (const dataplane of present) {
    const over = unneededOutbounds(dataplane, served, room).filter((outbound) => {
      // Another outbound has its listener: nothing can be reached there any more.
      if (hidden.has(listenerKey(dataplane.name, outboundKey(outbound)))) return true;
      // What Kong holds is not known before it was read once.
      if (!known || held.has(outbound.port)) return false;
      // Gone from the file by now: it lasts until kuma-dp is restarted for another reason.
      if (inFile && !inFile.has(outboundKey(outbound))) return false;
      const key = listenerKey(dataplane.name, outboundKey(outbound));
      const sinceMs = memory.unneededSince.get(key) ?? nowMs;
      since.set(key, sinceMs);
      const isOver = nowMs - sinceMs >= config.outbounds.grace;
      running ||= !isOver;
      return isOver;
    });
    if (over.length > 0) due.set(dataplane.name, over);
  }
  return { since, due, running };
}
