/** How a target says what waits for a plugin that Kong does not take. */
import type { Failure } from '../../catalog/error';
import { entityLabel, type Entity, type MissingPlugin } from '../kong/model';
import type { Change } from '../plan/change';
import { identityOf } from '../plan/dependants';
import { planErrors } from '../plan/errors';
import type { GuardHolds } from '../plan/keep-guards';
import { subjectOf } from '../plan/order';
import { targetErrors } from './errors';

/** @param missing what the change waits for. */
export function guardFailure(change: Change, { label: parent }: MissingPlugin): Failure {
  const entity = subjectOf(change);
  return change.op === 'create' && entity.type === 'routes'
    ? targetErrors.failure('KONG_ROUTE_UNGUARDED', { parent }, contextOf(entity))
    : planErrors.failure('GUARD_KEPT', { parent }, contextOf(entity));
}

/**
 * One failure for each change that waits. One that `holds` does not name waits for another one that does:
 * what is new is left out with what it belongs to, and what exists stays because that stays.
 * @param held with all that depends on it.
 */
export function guardFailures(held: readonly Change[], holds: GuardHolds): readonly Failure[] {
  const reasons = new Map(holds);
  for (let before = -1; reasons.size > before;) {
    before = reasons.size;
    for (const change of held) {
      if (reasons.has(change)) continue;
      const other = held.find((each) => reasons.has(each) && areRelated(each, change));
      const reason = other && reasons.get(other);
      if (reason) reasons.set(change, reason);
    }
  }
  const [first] = holds.values();
  const made = new Map(
    held.flatMap((change) =>
      change.op === 'create' ? [[identityOf(change.next), change.next]] : [],
    ),
  );
  return held.flatMap((change) => {
    const entity = subjectOf(change);
    const parent = parentsOf(entity).find((each) => made.has(each));
    const reason = reasons.get(change) ?? first;
    if (!holds.has(change) && parent !== undefined) {
      const label = entityLabel(made.get(parent) ?? entity);
      const context = contextOf(entity);
      return [targetErrors.failure('KONG_ENTITY_LEFT_OUT', { parent: label }, context)];
    }
    return reason ? [guardFailure(change, reason)] : [];
  });
}

function areRelated(a: Change, b: Change): boolean {
  const [x, y] = [subjectOf(a), subjectOf(b)];
  return parentsOf(x).includes(identityOf(y)) || parentsOf(y).includes(identityOf(x));
}

function parentsOf({ references }: Entity) {
  return Object.values(references).flatMap((each) => (each ? [identityOf(each)] : []));
}

function contextOf(entity: Entity): Pick<Failure, 'entity' | 'place'> {
  const { origin } = entity;
  return { entity: entityLabel(entity), ...(origin ? { place: origin.place } : {}) };
}
