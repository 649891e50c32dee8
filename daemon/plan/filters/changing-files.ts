/** A plan waits while the user's files, because of which it changes something, are still changing. */
import { planErrors } from '../errors';
import { subjectOf } from '../order';
import { deletedBy, holdOf, nameSome } from '../hold';
import { letThrough, type PlanFilter } from '../plan-filter';
import { planOf } from '../diff';

/**
 * A file that is still being written may be cut between two entities: what it lacks is not gone, and what
 * it has may lack its plugins. So it is all or nothing.
 * @param settlesInMs how long until the files count as at rest; 0: they are.
 * @param mayGrow where more may follow, nothing of the user's is changed; else it is only not deleted.
 */
export function waitForFiles(settlesInMs: number, mayGrow: boolean): PlanFilter {
  return (plan) => {
    if (settlesInMs <= 0) return letThrough(plan);
    const subjects = mayGrow ? plan.changes.map(subjectOf) : deletedBy(plan.changes);
    const waiting = subjects.filter(({ owner }) => owner === 'user');
    if (waiting.length === 0) return letThrough(plan);
    const details = { count: waiting.length, examples: nameSome(waiting) };
    return {
      plan: planOf([]),
      held: plan.changes,
      holds: [holdOf('changing-files', waiting)],
      diagnostics: [planErrors.failure('CHANGES_WAIT_FOR_FILE', details)],
    };
  };
}
