/** The keyed diff: what turns one Kong state into another. Pure. */
import { compareEntities, type Entity, type KongState } from '../kong/model';
import type { Change, Plan } from './change';
import { equalContent, fieldChanges } from './compare-fields';
import { dependantsOf, identityOf, type Identity } from './dependants';
import { orderChanges } from './order';

/**
 * What turns `current` into `desired`; both in canonical form (defaults filled, sets sorted), else
 * differences show that are none. An entity is matched by its id.
 *
 *     current              desired              in the plan
 *     -------------------  -------------------  ------------------------------------------------
 *     —                    orders (1)           create
 *     orders (1)           —                    delete
 *     orders (1)           orders (1), equal    nothing
 *     orders (1)           orders (1), changed  update, with the fields that differ
 *     orders (1)           sales (1)            update: the same id under a new name is a rename
 *     orders (1)           sales (2)            create 2, and at the end delete 1
 *     orders (1)           orders (2)           delete 1 first, then create 2: a replacement
 *     orders (1) + route   orders (2) + route   the route too: deleted first, created again after
 *     a (1), b (2)         b (1), a (2)         both deleted first, then both created
 *
 * Kong keeps names unique, so nobody can take a name before its holder has gone: this is the one case
 * where something is deleted before its successor is there. What depends on the holder goes first
 * (Kong refuses to delete a service with routes and cascades silently through the rest).
 *
 * Equal states give an empty plan, and the order of the entities makes no difference to the bytes.
 * Entities that are the same object are not compared: a state that was kept costs next to nothing.
 */
export function diff(current: KongState, desired: KongState): Plan {
  const pairs = matchById(current.entities, desired.entities);
  if (pairs.length === 0) return planOf([]);
  const inTheWay = nameHolders(pairs, current.entities);
  const changes: Change[] = [];
  const clearing = new Set<Change>();
  for (const { previous, next } of withUnchanged(pairs, inTheWay, desired.entities)) {
    if (previous && inTheWay.has(identityOf(previous))) {
      const removal: Change = { op: 'delete', previous };
      clearing.add(removal);
      changes.push(removal);
      if (next) changes.push({ op: 'create', next });
    } else if (previous && next) {
      if (equalContent(previous, next)) continue;
      changes.push({ op: 'update', previous, next, fields: fieldChanges(previous, next) });
    } else if (next) {
      changes.push({ op: 'create', next });
    } else if (previous) {
      changes.push({ op: 'delete', previous });
    }
  }
  return planOf(orderChanges(changes, clearing));
}

/** A plan of changes that are in order already, with its summary counted. */
export function planOf(changes: readonly Change[]): Plan {
  const summary = { creating: 0, updating: 0, deleting: 0 };
  for (const { op } of changes) {
    if (op === 'create') summary.creating++;
    else if (op === 'update') summary.updating++;
    else summary.deleting++;
  }
  return { changes, summary };
}

export function isEmptyPlan(plan: Plan): boolean {
  return plan.changes.length === 0;
}

interface Pair {
  readonly previous?: Entity;
  readonly next?: Entity;
}

/**
 * All entities but those that are the same on both sides. States are sorted alike and mostly hold the
 * same, so both are walked side by side, and only what does not line up needs an index.
 */
function matchById(current: readonly Entity[], desired: readonly Entity[]): readonly Pair[] {
  const pairs: Pair[] = [];
  const unmatched = new Map<Identity, Entity>();
  const left: Entity[] = [];
  let c = 0;
  let d = 0;
  while (c < current.length || d < desired.length) {
    const previous = current[c];
    const next = desired[d];
    if (lineUp(previous, next, pairs)) {
      c++;
      d++;
      continue;
    }
    const order = !previous ? 1 : !next ? -1 : compareEntities(previous, next);
    if (previous && order <= 0) {
      unmatched.set(identityOf(previous), previous);
      c++;
    }
    if (next && order >= 0) {
      left.push(next);
      d++;
    }
  }
  for (const next of left) {
    const identity = identityOf(next);
    const previous = unmatched.get(identity);
    unmatched.delete(identity);
    if (!previous) pairs.push({ next });
    else if (!equalContent(previous, next)) pairs.push({ previous, next });
  }
  for (const previous of unmatched.values()) pairs.push({ previous });
  return pairs;
}

/** Whether the two are one entity; notes them where they differ. */
function lineUp(previous: Entity | undefined, next: Entity | undefined, pairs: Pair[]): boolean {
  if (previous === next) return true;
  if (!previous || !next || previous.id !== next.id || previous.type !== next.type) return false;
  if (!equalContent(previous, next)) pairs.push({ previous, next });
  return true;
}

/** Current entities whose name another one takes, and all that depends on them. */
function nameHolders(
  pairs: readonly Pair[],
  current: readonly Entity[],
): ReadonlyMap<Identity, Entity> {
  const holders = new Map<string, Entity>();
  for (const { previous } of pairs) {
    if (previous) holders.set(nameOf(previous), previous);
  }
  const inTheWay = new Map<Identity, Entity>();
  for (const { next } of pairs) {
    const holder = next && holders.get(nameOf(next));
    if (holder && holder.id !== next.id) inTheWay.set(identityOf(holder), holder);
  }
  for (const [identity, { entity }] of dependantsOf(new Set(inTheWay.keys()), current)) {
    inTheWay.set(identity, entity);
  }
  return inTheWay;
}

/** Adds those that are the same on both sides and yet must go and come back: theirs is a parent's fate. */
function withUnchanged(
  pairs: readonly Pair[],
  inTheWay: ReadonlyMap<Identity, Entity>,
  desired: readonly Entity[],
): readonly Pair[] {
  if (inTheWay.size === 0) return pairs;
  const known = new Set(pairs.map(({ previous }) => previous && identityOf(previous)));
  const added: Pair[] = [];
  for (const next of desired) {
    const identity = identityOf(next);
    const previous = inTheWay.get(identity);
    if (previous && !known.has(identity)) added.push({ previous, next });
  }
  return [...pairs, ...added];
}

function nameOf(entity: Entity): string {
  return `${entity.type}/${entity.key}`;
}
