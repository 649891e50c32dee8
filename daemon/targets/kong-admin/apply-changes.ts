/** Carries out a plan: level after level, inside a level many at once, each entity on its own. */
import { MeshdError, type Failure } from '../../../catalog/error';
import { entityLabel, type Entity } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { findGuardHolds } from '../../plan/keep-guards';
import { batches, subjectOf } from '../../plan/order';
import { planOf } from '../../plan/diff';
import { missingPlugins } from '../../plan/plugin-scope';
import { targetErrors } from '../errors';
import { guardFailure } from '../guard-failure';
import { restoreReplaced } from './restore-replaced';
import { runBounded } from './run-bounded';
import { stagesOf } from './stages';
import { contextOf } from './write-change';

export interface Applied {
  readonly done: readonly Change[];
  readonly failures: readonly Failure[];
  /** Kong did not answer as it should: what was sent may have happened or not. */
  readonly uncertain: boolean;
}

/** So many answers of 5xx in a row, with nothing taken in between, are an outage and no bad entity. */
const failuresOfOutage = 5;

/**
 * One refused entity is reported with its dependants left out, and the rest goes on. A plugin that
 * does not come about holds back what depends on it: see `findGuardHolds`. Where Kong is gone, nothing
 * more is sent.
 * @param current what the target holds before.
 * @param write as `writeChange`.
 * @throws MeshdError where nothing could be written for lack of an answer; the signal's reason.
 */
export async function applyChanges(
  plan: Plan,
  current: readonly Entity[],
  write: (change: Change) => Promise<Failure | undefined>,
  parallelism: number,
): Promise<Applied> {
  const done = new Set<Change>();
  const undone = new Set<Change>();
  const failures: Failure[] = [];
  const errors: MeshdError[] = [];
  const missing = new Map<Identity, Entity>();
  const needed = new Set<Identity>();
  let answers = 0;
  let failedInARow = 0;
  let outage: MeshdError | undefined;

  function leave(change: Change, failure?: Failure): void {
    undone.add(change);
    if (failure) failures.push(failure);
    if (change.op === 'create') missing.set(identityOf(change.next), change.next);
    // What stays still needs what it refers to.
    if (change.op !== 'create') {
      for (const reference of Object.values(change.previous.references)) {
        if (reference) needed.add(identityOf(reference));
      }
    }
  }

  async function make(change: Change): Promise<void> {
    if (outage || undone.has(change)) {
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
      answers++;
      if (failure) {
        leave(change, failure);
      } else done.add(change);
    } catch (error) {
      if (!(error instanceof MeshdError)) throw error;
      errors.push(error);
      if (error.code !== 'KONG_FAILED' && error.code !== 'KONG_REFUSED') outage ??= error;
      else if (++failedInARow >= failuresOfOutage) outage ??= error;
      leave(change, outage ? undefined : { ...error.toFailure(), ...definedContext(change) });
    }
  }

  /** Takes back a route that went live without its plugins, and holds what else waits for them. */
  async function keepGuards(): Promise<void> {
    const upserts = [...undone].filter(({ op }) => op !== 'delete');
    const lost = missingPlugins(upserts.map(subjectOf));
    if (lost.length === 0) return;
    const standing = plan.changes.filter((change) => !undone.has(change));
    const holds = findGuardHolds(planOf(standing), current, lost);
    for (const [change, because] of holds) {
      if (done.has(change) && change.op === 'create') await takeBack(change);
      if (done.has(change)) continue;
      leave(change, guardFailure(change, because));
    }
  }

  async function takeBack(change: Extract<Change, { op: 'create' }>): Promise<void> {
    const failure = await attempt({ op: 'delete', previous: change.next });
    if (failure) {
      failures.push(failure);
      return;
    }
    for (const other of [...done]) {
      const { references } = subjectOf(other);
      const isOnIt = Object.values(references).some((each) => each?.id === change.next.id);
      if (other === change || isOnIt) {
        done.delete(other);
        undone.add(other);
      }
    }
    missing.set(identityOf(change.next), change.next);
  }

  /** A step back: made also where Kong failed before, as it may take this one. */
  async function attempt(change: Change): Promise<Failure | undefined> {
    try {
      return await write(change);
    } catch (error) {
      if (!(error instanceof MeshdError)) throw error;
      errors.push(error);
      return { ...error.toFailure(), ...definedContext(change) };
    }
  }

  const [freeing, making, ...rest] = stagesOf(plan);
  for (const stage of [freeing, making]) {
    for (const batch of batches(stage)) await runBounded(batch, parallelism, make);
  }
  const restored = restoreReplaced(making, { done, undone });
  for (const change of restored) {
    const failure = await attempt(change);
    if (failure) failures.push(failure);
    else done.add(change);
  }
  for (const stage of rest) {
    await keepGuards();
    for (const batch of batches(stage)) await runBounded(batch, parallelism, make);
  }
  if (rest.every((stage) => stage.length === 0)) await keepGuards();
  const [first] = errors;
  if (first && answers === 0) throw outage ?? first;
  if (outage) {
    const details = { count: undone.size, cause: outage.message };
    failures.push(targetErrors.failure('KONG_APPLY_STOPPED', details));
  }
  return { done: [...done], failures, uncertain: errors.length > 0 };
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
  const { entity, place } = contextOf(subjectOf(change));
  return { entity, ...(place ? { place } : {}) };
}
