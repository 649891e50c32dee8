/** What Kong would refuse a whole document for, as far as it can be told without Kong. Pure. */
import type { Failure } from '../../../catalog/error';
import { entityLabel, type Entity } from '../../kong/model';
import { validateState } from '../../kong/validate';
import type { Change, Plan } from '../../plan/change';
import { subjectOf } from '../../plan/order';
import { filterPlan } from '../../plan/plan-filter';
import { targetErrors } from '../errors';
import type { PlanCheck } from '../target';

/**
 * Holds back what is not valid, so that it keeps its last valid form, and what depends on it. What waits
 * for a plugin among it is the planner's to tell.
 */
export function leaveOutInvalid(plan: Plan): PlanCheck {
  const refused = new Map<Change, readonly Failure[]>();
  for (const change of plan.changes) {
    const failures = change.op === 'delete' ? [] : errorsOf(change.next);
    if (failures.length > 0) refused.set(change, failures);
  }
  if (refused.size === 0) return { plan, failures: [] };
  const { plan: kept, held } = filterPlan(plan, (change) => !refused.has(change));
  const parent = [...refused.keys()].map(subjectOf).map(entityLabel).join(', ');
  const failures = held.flatMap((change) => {
    const known = refused.get(change);
    if (known) return known;
    if (change.op !== 'create') return [];
    const entity = subjectOf(change);
    const context = { entity: entityLabel(entity), place: entity.origin?.place };
    return [targetErrors.failure('KONG_ENTITY_LEFT_OUT', { parent }, context)];
  });
  return { plan: kept, failures };
}

/** Of one entity alone: what it refers to is there, and no other one has its values. */
function errorsOf(entity: Entity): readonly Failure[] {
  const externals = Object.values(entity.references).flatMap((reference) =>
    reference ? [{ ...reference, shown: reference.id }] : [],
  );
  const state = { entities: [entity], passthrough: {}, selectTags: [], externals };
  return validateState({ state }).filter(({ severity }) => severity === 'error');
}
