/** A plan waits while the user's files, because of which it deletes something, are still changing. */
import { planErrors } from '../errors';
import { deletedBy, holdOf, nameSome } from '../hold';
import { letThrough, type PlanFilter } from '../plan-filter';
import { planOf } from '../diff';

/**
 * A file that is still being written may be cut between two entities: what it lacks is not gone, and what
 * it has may lack its plugins. So it is all or nothing: a plan without deletions goes on at once.
 * @param settlesInMs how long until the files count as at rest; 0: they are.
 */
export function waitForFiles(settlesInMs: number): PlanFilter {
  return (plan) => {
    if (settlesInMs <= 0) return letThrough(plan);
    const lost = deletedBy(plan.changes).filter(({ owner }) => owner === 'user');
    if (lost.length === 0) return letThrough(plan);
    const seconds = Math.ceil(settlesInMs / 1000);
    const details = { count: lost.length, examples: nameSome(lost), seconds };
    return {
      plan: planOf([]),
      held: plan.changes,
      holds: [holdOf('changing-files', lost)],
      diagnostics: [planErrors.failure('CHANGES_WAIT_FOR_FILE', details)],
    };
  };
}
