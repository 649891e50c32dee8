/** Carries out a plan: level after level, inside a level many at once, each entity on its own. */
import { MeshdError, type Failure } from '../../../catalog/error';
import { entityLabel, type Entity } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { batches } from '../../plan/order';
import { targetErrors } from '../errors';
import { runBounded } from './run-bounded';
import { contextOf } from './write-change';

export interface Applied {
  readonly done: readonly Change[];
  /** Refused, left out or not come to: the target holds what it held before. */
  readonly undone: readonly Change[];
  readonly failures: readonly Failure[];
  /** Kong did not answer as it should: what was sent may have happened or not. */
  readonly uncertain: boolean;
}

/** So many answers of 5xx in a row, with nothing taken in between, are an outage and no bad entity. */
const failuresOfOutage = 5;

/**
 * One refused entity is reported with its dependants left out, and the rest goes on. Where Kong is
 * gone, nothing more is sent.
 * @param write as `writeChange`.
 * @throws MeshdError where nothing could be written for lack of an answer; the signal's reason.
 */
export async function applyChanges(
  plan: Plan,
  write: (change: Change) => Promise<Failure | undefined>,
  parallelism: number,
): Promise<Applied> {
  const done: Change[] = [];
  const undone: Change[] = [];
  const failures: Failure[] = [];
  const errors: MeshdError[] = [];
  const missing = new Map<Identity, Entity>();
  const needed = new Set<Identity>();
  let refusals = 0;
  let failedInARow = 0;
  let outage: MeshdError | undefined;

  function leave(change: Change, failure?: Failure): void {
    undone.push(change);
    if (failure) failures.push(failure);
    if (change.op === 'create') missing.set(identityOf(change.next), change.next);
    if (change.op !== 'delete') return;
    for (const reference of Object.values(change.previous.references)) {
      if (reference) needed.add(identityOf(reference));
    }
  }

  async function make(change: Change): Promise<void> {
    if (outage) {
      leave(change);
      return;
    }
    // A child that stays would be refused, or go by a cascade that no plan has shown.
    if (change.op === 'delete' && needed.has(identityOf(change.previous))) {
      leave(change);
      return;
    }
    const parent = change.op === 'delete' ? undefined : missingParent(change.next, missing);
    if (parent && change.op !== 'delete') {
      const details = { parent: entityLabel(parent) };
      const context = contextOf(change.next);
      leave(change, targetErrors.failure('KONG_ENTITY_LEFT_OUT', details, context));
      return;
    }
    try {
      const failure = await write(change);
      failedInARow = 0;
      if (failure) {
        refusals++;
        leave(change, failure);
      } else done.push(change);
    } catch (error) {
      if (!(error instanceof MeshdError)) throw error;
      errors.push(error);
      if (error.code !== 'KONG_FAILED' && error.code !== 'KONG_REFUSED') outage ??= error;
      else if (++failedInARow >= failuresOfOutage) outage ??= error;
      leave(change, outage ? undefined : { ...error.toFailure(), ...definedContext(change) });
    }
  }

  for (const batch of batches(plan.changes)) await runBounded(batch, parallelism, make);
  const [first] = errors;
  if (first && done.length === 0 && refusals === 0) throw outage ?? first;
  if (outage) {
    const details = { count: undone.length, cause: outage.message };
    failures.push(targetErrors.failure('KONG_APPLY_STOPPED', details));
  }
  return { done, undone, failures, uncertain: errors.length > 0 };
}

function missingParent(entity: Entity, missing: ReadonlyMap<Identity, Entity>): Entity | undefined {
  if (missing.size === 0) return undefined;
  for (const reference of Object.values(entity.references)) {
    const parent = reference && missing.get(identityOf(reference));
    if (parent) return parent;
  }
  return undefined;
}

function definedContext(change: Change): Pick<Failure, 'entity' | 'place'> {
  const { entity, place } = contextOf(change.op === 'delete' ? change.previous : change.next);
  return { entity, ...(place ? { place } : {}) };
}
