/** What the entities are called that changes refer to: a change itself tells only their ids. */
import type { KongState } from '../kong/model';
import type { Change } from './change';
import { ownName } from './console-name';
import { identityOf, type Identity } from './dependants';

/** Looks up only what is referred to. */
export function referenceNames(
  changes: readonly Change[],
  states: readonly KongState[],
): ReadonlyMap<Identity, string> {
  const wanted = new Set<string>();
  for (const change of changes) {
    for (const side of [
      change.op === 'create' ? undefined : change.previous,
      change.op === 'delete' ? undefined : change.next,
    ]) {
      for (const reference of Object.values(side?.references ?? {})) {
        if (reference) wanted.add(reference.id);
      }
    }
  }
  const names = new Map<Identity, string>();
  if (wanted.size === 0) return names;
  for (const { entities } of states) {
    for (const entity of entities) {
      if (wanted.has(entity.id)) names.set(identityOf(entity), ownName(entity));
    }
  }
  return names;
}
