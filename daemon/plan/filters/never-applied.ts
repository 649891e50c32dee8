/** What kong-meshd never applied is somebody else's: it is deleted on the user's word alone. */
import type { Failure } from '../../../catalog/error';
import { entityLabel, type Entity } from '../../kong/model';
import type { Change } from '../change';
import { identityOf } from '../dependants';
import { planErrors } from '../errors';
import { deletedBy, holdOf, nameSome } from '../hold';
import { filterPlan, letThrough, waitingFor, type PlanFilter } from '../plan-filter';

export interface NeverAppliedOptions {
  /** Whether an entity of the target was applied by kong-meshd, or carries a mark that says so. */
  readonly owns: (entity: Entity) => boolean;
  /** `--confirm-deletes`. */
  readonly confirmed: boolean;
}

/**
 * Holds deletions of what was never applied, and of the parents that would take it along: Kong deletes
 * plugins, targets and credentials together with what they belong to. No timeout releases them.
 */
export function keepNeverApplied({ owns, confirmed }: NeverAppliedOptions): PlanFilter {
  return (plan) => {
    const going = new Set(
      deletedBy(plan.changes)
        .filter((entity) => !owns(entity))
        .map(identityOf),
    );
    if (confirmed || going.size === 0) return letThrough(plan);
    // Nor is it updated first, to make room for what replaces it.
    const isForeign = (change: Change) =>
      change.op !== 'create' && going.has(identityOf(change.previous));
    const kept = filterPlan(plan, (change) => !isForeign(change));
    const deletions = deletedBy(kept.held);
    const foreign = deletions.filter((entity) => !owns(entity));
    const parents = deletions.filter(owns);
    const details = { count: foreign.length, examples: nameSome(foreign) };
    return {
      ...kept,
      holds: [holdOf('never-applied', deletions)],
      diagnostics: [
        planErrors.failure('DELETIONS_NEVER_APPLIED', details),
        ...parents.map((parent) => takesAlong(parent, foreign)),
        ...waitingFor(kept.held),
      ],
    };
  };
}

/** Names the entities of others that keep a parent in place. */
export function takesAlong(parent: Entity, foreign: readonly Entity[]): Failure {
  const children = foreign.filter(({ references }) =>
    Object.values(references).some(
      (reference) => reference && identityOf(reference) === identityOf(parent),
    ),
  );
  const details = { children: children.length > 0 ? nameSome(children) : nameSome(foreign) };
  return planErrors.failure('DELETION_TAKES_OTHERS', details, { entity: entityLabel(parent) });
}
