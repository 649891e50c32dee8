/** Outbounds that came back after they were removed here: somebody else needs them. Pure. */
import { outboundKey, type GatewayDataplane, type Outbound } from '../../../catalog/gateway';
import type { Failure } from '../../../catalog/error';
import { entityOf } from './check-dataplane';
import { dataplaneErrors } from './errors';
import { placeOf } from './outbound-form';
import { listenerKey, type ListenerKey, type Removals } from './settings';

export interface Contested {
  readonly removals: Removals;
  readonly failures: readonly Failure[];
  /** Removed once and there again: to remove it twice would be a war with whoever needs it. */
  isContested(dataplane: string, outbound: Outbound): boolean;
}

/** @param serving what this daemon needs itself: of that it is no matter who adds it. */
export function findContested(
  present: readonly GatewayDataplane[],
  serving: readonly Outbound[],
  before: Removals,
): Contested {
  const needed = new Set(serving.map(outboundKey));
  const removals = new Map<ListenerKey, 'removed' | 'gone'>();
  const contested = new Set<ListenerKey>();
  const failures: Failure[] = [];
  const names = new Set(present.map(({ name }) => name));
  for (const [key, state] of before) {
    // Of a Dataplane that is not seen now nothing new is known.
    if (!names.has(key.slice(0, key.indexOf('>')))) removals.set(key, state);
  }
  for (const { name, outbounds } of present) {
    const live = new Map(outbounds.map((outbound) => [outboundKey(outbound), outbound]));
    const back: Outbound[] = [];
    for (const [key, state] of before) {
      if (!key.startsWith(`${name}>`)) continue;
      const own = key.slice(name.length + 1);
      if (needed.has(own)) continue;
      const outbound = live.get(own);
      removals.set(key, outbound ? state : 'gone');
      if (!outbound || state !== 'gone') continue;
      contested.add(key);
      back.push(outbound);
    }
    if (back.length === 0) continue;
    const details = { count: back.length, examples: back.slice(0, 3).map(placeOf).join(', ') };
    const context = { entity: entityOf(name) };
    failures.push(dataplaneErrors.failure('DATAPLANE_CONTESTED', details, context));
  }
  return {
    removals,
    failures,
    isContested: (dataplane, outbound) =>
      contested.has(listenerKey(dataplane, outboundKey(outbound))),
  };
}
