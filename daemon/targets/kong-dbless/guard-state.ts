/** A whole document in which no route loses a plugin before the one that is meant to follow stands. Pure. */
import type { Failure } from '../../../catalog/error';
import type { Entity, KongState } from '../../kong/model';
import { unapplyPlan } from '../../plan/apply-plan';
import { identityOf } from '../../plan/dependants';
import { diff, planOf } from '../../plan/diff';
import { findGuardHolds } from '../../plan/keep-guards';
import { filterPlan } from '../../plan/plan-filter';
import { missingPlugins } from '../../plan/plugin-scope';
import { guardFailures } from '../guard-failure';

/**
 * @param base what the node serves.
 * @param state what Kong may take: without what it refuses.
 * @param refused what Kong refuses, of which the plugins and the routes count.
 */
export function guardState(
  base: KongState,
  state: KongState,
  refused: readonly Entity[],
): { readonly state: KongState; readonly failures: readonly Failure[] } {
  const missing = missingPlugins(refused);
  const served = new Map(base.entities.map((entity) => [identityOf(entity), entity]));
  const standing = new Set(state.entities.map(identityOf));
  const unmade = refused
    .filter(({ type }) => type === 'routes')
    .map((route) => served.get(identityOf(route)) ?? route)
    // What is served and may not stay takes its plugins along.
    .filter((route) => standing.has(identityOf(route)) || !served.has(identityOf(route)));
  if (missing.length + unmade.length === 0) return { state, failures: [] };
  const plan = diff(base, state);
  const holds = findGuardHolds(plan, base.entities, missing, unmade);
  if (holds.size === 0) return { state, failures: [] };
  const { held } = filterPlan(plan, (change) => !holds.has(change));
  return {
    state: unapplyPlan(state, planOf(held)),
    failures: guardFailures(held, holds),
  };
}
