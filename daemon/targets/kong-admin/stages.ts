/** The parts of a plan that are carried out one after the other, so that nothing is uncovered between. */
import type { Entity } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { equalJson, fieldChanges } from '../../plan/compare-fields';
import { identityOf } from '../../plan/dependants';
import { levelOf, subjectOf } from '../../plan/order';
import { changesScope, isEnabled } from '../../plan/plugin-scope';
import { becomesServed } from '../../plan/route-overlap';
import { deletedBefore, isMove, mustWaitFor, orderMoves } from './moves';

type Create = Extract<Change, { op: 'create' }>;
type Update = Extract<Change, { op: 'update' }>;

export interface Stages {
  /** Updates of what is changed or deleted later on, which let a unique value go. */
  readonly freeing: readonly Change[];
  /** What makes room, and all that is made or changed but for routes and what is on them. */
  readonly making: readonly Change[];
  readonly makingRoutes: readonly Change[];
  /** What leads requests elsewhere, step by step: see `orderMoves`. */
  readonly moving: readonly (readonly Change[])[];
  /** Updates that take cover away: a plugin that is narrowed. */
  readonly reducing: readonly Change[];
  /** Updates by which routes begin to be served. */
  readonly opening: readonly Change[];
  readonly removing: readonly Change[];
  /** For what makes a route closed and what opens it: the change of the plan that both make up. */
  readonly meant: ReadonlyMap<Change, Create>;
}

/**
 * A route moves to a service, and a service to another place, only after the plugins that are wanted
 * there. A new route that is covered by plugins which are written after it, or whose service moves after
 * it, is made without its service first: Kong answers 503 then. What is deleted goes before the plugins
 * that cover it.
 */
export function stagesOf({ changes }: Plan): Stages {
  const last = new Map(changes.map((change) => [identityOf(subjectOf(change)), change]));
  const freeing: Update[] = [];
  const clearing: Change[] = [];
  const making: Change[] = [];
  const makingRoutes: Change[] = [];
  const moving: Change[] = [];
  const reducing: Update[] = [];
  const opening: Update[] = [];
  const removing: Change[] = [];
  const made = new Set(
    changes.flatMap((change) => (change.op === 'create' ? [identityOf(change.next)] : [])),
  );
  let upserting = false;
  for (const change of changes) {
    if (change.op === 'delete') {
      (upserting ? removing : clearing).push(change);
      continue;
    }
    const isUpdate = change.op === 'update';
    if (isUpdate && last.get(identityOf(change.next)) !== change) {
      freeing.push(change);
      continue;
    }
    upserting = true;
    if (isUpdate && becomesServed(change.previous, change.next)) opening.push(change);
    else if (isMove(change, made) && !isReplaced(change, clearing)) moving.push(change);
    else if (isUpdate && reducesCover(change)) reducing.push(change);
    else (isOnRoutes(change.next) ? makingRoutes : making).push(change);
  }
  const routes = changes.filter(({ op }) => op !== 'delete').map(subjectOf);
  const early = new Set(
    deletedBefore(
      moving,
      removing,
      routes.filter(({ type }) => type === 'routes'),
    ),
  );
  moving.push(...early);
  const isLate = mustWaitFor([...makingRoutes, ...moving, ...reducing]);
  const meant = new Map<Change, Create>();
  const closed = makingRoutes.map((change) => {
    if (change.op !== 'create' || !isLate(change.next)) return change;
    const previous = withoutService(change.next);
    if (previous === change.next) return change;
    const make: Create = { op: 'create', next: previous };
    const { next } = change;
    const open: Update = { op: 'update', previous, next, fields: fieldChanges(previous, next) };
    opening.push(open);
    meant.set(make, change).set(open, change);
    return make;
  });
  return {
    freeing,
    making: [...guardsLast(clearing), ...making],
    makingRoutes: closed,
    moving: orderMoves(moving),
    reducing,
    opening,
    removing: guardsLast(removing.filter((change) => !early.has(change))),
    meant,
  };
}

/** Routes, and the plugins that can be made only after their route. */
function isOnRoutes({ type, references }: Entity): boolean {
  return type === 'routes' || (type === 'plugins' && references['route'] !== undefined);
}

/** What is deleted first and not made again is put back at once. */
function isReplaced(change: Change, cleared: readonly Change[]): boolean {
  const { type, key } = subjectOf(change);
  return cleared.map(subjectOf).some((other) => other.type === type && other.key === key);
}

function withoutService(route: Entity): Entity {
  const { service, ...references } = route.references;
  return service ? { ...route, references } : route;
}

/** Kong deletes the plugins of a route with it, so a route is never there without them. */
function guardsLast(deletes: readonly Change[]): readonly Change[] {
  const rank = (change: Change) => {
    const { type } = subjectOf(change);
    if (type === 'plugins') return 1;
    return levelOf(type) === levelOf('routes') ? 0 : 2;
  };
  return [...deletes].sort((a, b) => rank(a) - rank(b));
}

function reducesCover({ previous, next }: Update): boolean {
  if (next.type !== 'plugins') return false;
  if (isEnabled(previous) && !isEnabled(next)) return true;
  if (previous.fields['name'] !== next.fields['name']) return true;
  if (!equalJson(previous.fields['protocols'] ?? null, next.fields['protocols'] ?? null)) {
    return true;
  }
  return changesScope(previous, next);
}
