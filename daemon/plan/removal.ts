/** What can go of a gateway without taking along what is somebody else's. Pure. */
import type { Entity, KongState } from '../kong/model';
import type { Plan } from './change';
import { identityOf, type Identity } from './dependants';
import { diff } from './diff';

export interface Removal {
  readonly plan: Plan;
  /** What is left when the plan is done. */
  readonly left: KongState;
  /** What is ours and stays, with the entity that holds it there. */
  readonly kept: readonly { readonly entity: Entity; readonly dependant: Entity }[];
}

/**
 * Removes all that is ours, but for what others depend on, directly or through something of ours: Kong
 * deletes plugins, targets and credentials together with what they belong to, without a word, and does
 * not delete a service that has routes.
 *
 * @param state the whole of the gateway, also what is not ours.
 */
export function removeOwned(state: KongState, owns: (entity: Entity) => boolean): Removal {
  const byId = new Map(state.entities.map((entity) => [identityOf(entity), entity]));
  const heldBy = new Map<Identity, Entity>();
  const staying = state.entities.filter((entity) => !owns(entity));
  for (let entity = staying.pop(); entity; entity = staying.pop()) {
    for (const reference of Object.values(entity.references)) {
      if (!reference) continue;
      const identity = identityOf(reference);
      const needed = byId.get(identity);
      if (!needed || !owns(needed) || heldBy.has(identity)) continue;
      heldBy.set(identity, entity);
      staying.push(needed);
    }
  }
  const isLeft = (entity: Entity) => !owns(entity) || heldBy.has(identityOf(entity));
  const left = { ...state, entities: state.entities.filter(isLeft) };
  const kept = left.entities.flatMap((entity) => {
    const dependant = heldBy.get(identityOf(entity));
    return dependant ? [{ entity, dependant }] : [];
  });
  return { plan: diff(state, left), left, kept };
}
