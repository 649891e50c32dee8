/** Carries out a plan: level after level, inside a level many at once, each entity on its own. */
import { MeshdError, type Failure } from '../../../catalog/error';
import { entityLabel, type Entity } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { findGuardHolds, routesLedBefore } from '../../plan/keep-guards';
import { batches, subjectOf } from '../../plan/order';
import { planOf } from '../../plan/diff';
import { missingPlugins } from '../../plan/plugin-scope';
import { targetErrors } from '../errors';
import { guardFailure } from '../guard-failure';
import { restoreReplaced } from './restore-replaced';
import { runBounded } from './run-bounded';
import { stagesOf } from './stages';
import { contextOf } from './write-change';

type Create = Extract<Change, { op: 'create' }>;
type Delete = Extract<Change, { op: 'delete' }>;

export interface Applied {
  readonly done: readonly Change[];
  /** Calls that changed something at Kong: a route that is made closed takes two. */
  readonly writes: number;
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
 * @param write as `writeChange`; where a change is a step of another one, with the entity meant.
 * @param stays why an entity must not be deleted any more, asked before its parent goes with it.
 * @throws MeshdError where nothing could be written for lack of an answer; the signal's reason.
 */
export async function applyChanges(
  plan: Plan,
  current: readonly Entity[],
  {
    write,
    stays = () => Promise.resolve(undefined),
    parallelism,
  }: {
    readonly write: (change: Change, meant?: Entity) => Promise<Failure | undefined>;
    readonly stays?: (change: Delete) => Promise<Failure | undefined>;
    readonly parallelism: number;
  },
): Promise<Applied> {
  const stages = stagesOf(plan);
  const { freeing, making, makingRoutes, moving, reducing, opening, removing, meant } = stages;
  const closed = new Map<Change, Create>();
  for (const [made, whole] of meant) if (made.op === 'create') closed.set(whole, made);
  const pluginsOf = deletedPlugins(removing, making);
  const done = new Set<Change>();
  const undone = new Set<Change>();
  const failures: Failure[] = [];
  const errors: MeshdError[] = [];
  const missing = new Map<Identity, Entity>();
  const needed = new Set<Identity>();
  let answers = 0;
  let writes = 0;
  let failedInARow = 0;
  let outage: MeshdError | undefined;

  function leave(change: Change, failure?: Failure): void {
    undone.add(change).add(meant.get(change) ?? change);
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
    if (outage || undone.has(meant.get(change) ?? change)) {
      leave(change);
      return;
    }
    if (change.op === 'delete') await checkPlugins(change);
    // A child that stays would be refused, or go by a cascade that no plan has shown.
    if (change.op === 'delete' && needed.has(identityOf(change.previous))) {
      leave(change);
      return;
    }
    const whole = meant.get(change) ?? change;
    const parent = whole.op === 'delete' ? undefined : missingParent(whole.next, missing);
    if (parent && change.op !== 'delete') {
      const details = { parent: entityLabel(parent) };
      const context = contextOf(change.next);
      leave(change, targetErrors.failure('KONG_ENTITY_LEFT_OUT', details, context));
      return;
    }
    try {
      const failure = await write(change, meant.get(change)?.next);
      failedInARow = 0;
      answers++;
      if (failure) leave(change, failure);
      else note(change);
    } catch (error) {
      if (!(error instanceof MeshdError)) throw error;
      errors.push(error);
      if (error.code !== 'KONG_FAILED' && error.code !== 'KONG_REFUSED') outage ??= error;
      else if (++failedInARow >= failuresOfOutage) outage ??= error;
      leave(change, outage ? undefined : { ...error.toFailure(), ...definedContext(change) });
    }
  }

  function note(change: Change): void {
    writes++;
    const whole = meant.get(change);
    if (!whole || change.op === 'create') done.add(change);
    else {
      done.add(whole);
      const made = closed.get(whole);
      if (made) done.delete(made);
    }
  }

  /** Kong would delete the plugins of a route along with it. */
  async function checkPlugins({ previous }: Delete): Promise<void> {
    for (const child of pluginsOf.get(previous.id) ?? []) {
      if (undone.has(child)) continue;
      const failure = await attempt(child, stays);
      if (failure) leave(child, failure);
    }
  }

  /** Takes back a route that went live without its plugins, and holds what else waits for them. */
  async function keepGuards(): Promise<void> {
    const upserts = [...undone].filter(({ op }) => op !== 'delete');
    const lost = missingPlugins(upserts.map(subjectOf));
    const unmade = [...undone]
      .filter((change) => !meant.has(change))
      .map((change) => (change.op === 'create' ? change.next : change.previous))
      .filter(({ type }) => type === 'routes');
    const led = routesLedBefore([...undone], current);
    if (lost.length + unmade.length + led.length === 0) return;
    const standing = plan.changes.filter((change) => !undone.has(change));
    const holds = findGuardHolds(planOf(standing), current, lost, [...unmade, ...led]);
    for (const [change, because] of holds) {
      const made = done.has(change) ? change : closed.get(change);
      if (made?.op === 'create' && done.has(made)) await takeBack(made);
      if (made && done.has(made)) continue;
      leave(change, guardFailure(change, because));
    }
  }

  async function takeBack(change: Create): Promise<void> {
    const failure = await attempt({ op: 'delete', previous: change.next }, write);
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
  async function attempt<T extends Change>(
    change: T,
    by: (change: T) => Promise<Failure | undefined>,
  ): Promise<Failure | undefined> {
    try {
      return await by(change);
    } catch (error) {
      if (!(error instanceof MeshdError)) throw error;
      errors.push(error);
      return { ...error.toFailure(), ...definedContext(change) };
    }
  }

  async function makeAll(stage: readonly Change[]): Promise<void> {
    for (const batch of batches(stage)) {
      await keepGuards();
      await runBounded(batch, parallelism, make);
    }
  }

  for (const stage of [freeing, making, makingRoutes]) await makeAll(stage);
  for (const change of restoreReplaced([...making, ...makingRoutes], { done, undone })) {
    const failure = await attempt(change, write);
    if (failure) failures.push(failure);
    else note(change);
  }
  for (const stage of [...moving, reducing, opening, removing]) await makeAll(stage);
  await keepGuards();
  const [first] = errors;
  if (first && answers === 0) throw outage ?? first;
  if (outage) {
    const count = plan.changes.filter((change) => undone.has(change)).length;
    const details = { count, cause: outage.message };
    failures.push(targetErrors.failure('KONG_APPLY_STOPPED', details));
  }
  return { done: [...done], writes, failures, uncertain: errors.length > 0 };
}

/** By the route that they are on. */
function deletedPlugins(...stages: readonly (readonly Change[])[]): ReadonlyMap<string, Delete[]> {
  const found = new Map<string, Delete[]>();
  for (const change of stages.flat()) {
    if (change.op !== 'delete' || change.previous.type !== 'plugins') continue;
    const { route } = change.previous.references;
    if (!route) continue;
    const known = found.get(route.id);
    if (known) known.push(change);
    else found.set(route.id, [change]);
  }
  return found;
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
