/** What a state becomes by a plan, and what it was before one. Pure: nothing is sent anywhere. */
import { sortEntities, type Entity, type KongState } from '../kong/model';
import type { Plan } from './change';
import { identityOf, type Identity } from './dependants';

/**
 * `current` after `plan`: `applyPlan(current, diff(current, desired))` has the entities of `desired`.
 * With a plan that a policy or the guard has thinned out, this is the state that a target which takes
 * a whole configuration has to be given. Everything but the entities is taken from `current`.
 */
export function applyPlan(current: KongState, plan: Plan): KongState {
  if (plan.changes.length === 0) return current;
  const entities = index(current);
  for (const change of plan.changes) {
    if (change.op === 'delete') entities.delete(identityOf(change.previous));
    else entities.set(identityOf(change.next), change.next);
  }
  return { ...current, entities: sortEntities(entities.values()) };
}

/** The way back: the state of which `plan` has made `desired`. */
export function unapplyPlan(desired: KongState, plan: Plan): KongState {
  if (plan.changes.length === 0) return desired;
  const entities = index(desired);
  for (const change of [...plan.changes].reverse()) {
    if (change.op === 'create') entities.delete(identityOf(change.next));
    else entities.set(identityOf(change.previous), change.previous);
  }
  return { ...desired, entities: sortEntities(entities.values()) };
}

function index(state: KongState): Map<Identity, Entity> {
  return new Map(state.entities.map((entity) => [identityOf(entity), entity]));
}
