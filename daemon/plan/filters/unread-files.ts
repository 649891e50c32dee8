/** Deletions wait while a part of the user's files cannot be read. */
import { entityLabel } from '../../kong/model';
import { planErrors } from '../errors';
import { filterPlan, letThrough, type PlanFilter } from '../plan-filter';

/**
 * An entity that a mistake keeps out of the user's file is not one that the user took out of it: while
 * there is such a mistake, the target keeps what it has of the user's.
 */
export function keepUnread(incomplete: boolean): PlanFilter {
  return (plan) => {
    if (!incomplete) return letThrough(plan);
    const { plan: kept, held } = filterPlan(
      plan,
      (change) => change.op !== 'delete' || change.previous.owner !== 'user',
    );
    const spared = held.flatMap((change) => (change.op === 'delete' ? [change.previous] : []));
    if (spared.length === 0) return letThrough(plan);
    const examples = spared.slice(0, 3).map(entityLabel).join(', ');
    const details = { count: spared.length, examples };
    const diagnostics = [planErrors.failure('DELETIONS_WAIT_FOR_FILE', details)];
    return { plan: kept, held, diagnostics };
  };
}
