/** The parts of a plan that are carried out one after the other, so that nothing is uncovered between. */
import type { Entity } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { equalJson, fieldChanges } from '../../plan/compare-fields';
import { identityOf } from '../../plan/dependants';
import { levelOf, subjectOf } from '../../plan/order';
import { coversRoute, failsClosed, isEnabled } from '../../plan/plugin-scope';
import { becomesServed, isMoved } from '../../plan/route-overlap';

type Create = Extract<Change, { op: 'create' }>;
type Update = Extract<Change, { op: 'update' }>;

export interface Stages {
  /** Updates of what is changed or deleted later on, which let a unique value go. */
  readonly freeing: readonly Change[];
  /** What makes room, and all that is made or changed but for routes and what is on them. */
  readonly making: readonly Change[];
  readonly makingRoutes: readonly Change[];
  /** Updates that take cover away: a plugin that is narrowed, a live route that moves. */
  readonly reducing: readonly Change[];
  /** Updates by which routes begin to be served. */
  readonly opening: readonly Change[];
  readonly removing: readonly Change[];
  /** For what makes a route closed and what opens it: the change of the plan that both make up. */
  readonly meant: ReadonlyMap<Change, Create>;
}

/**
 * A route moves to a service only after the plugins of that service are there. A new route that is
 * covered by plugins which are written after it is made without its service first: Kong answers 503
 * then. What is deleted goes before the plugins that cover it.
 */
export function stagesOf({ changes }: Plan): Stages {
  const last = new Map(changes.map((change) => [identityOf(subjectOf(change)), change]));
  const freeing: Update[] = [];
  const clearing: Change[] = [];
  const making: Change[] = [];
  const makingRoutes: Change[] = [];
  const reducing: Update[] = [];
  const opening: Update[] = [];
  const removing: Change[] = [];
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
    else if (isUpdate && reducesCover(change)) reducing.push(change);
    else (isOnRoutes(change.next) ? makingRoutes : making).push(change);
  }
  const late = [...makingRoutes, ...reducing].map(subjectOf).filter(isGuard);
  const meant = new Map<Change, Create>();
  const closed = makingRoutes.map((change) => {
    if (change.op !== 'create' || !late.some((plugin) => coversRoute(plugin, change.next))) {
      return change;
    }
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
    reducing,
    opening,
    removing: guardsLast(removing),
    meant,
  };
}

/** Routes, and the plugins that can be made only after their route. */
function isOnRoutes({ type, references }: Entity): boolean {
  return type === 'routes' || (type === 'plugins' && references['route'] !== undefined);
}

function isGuard(entity: Entity): boolean {
  return entity.type === 'plugins' && isEnabled(entity) && entity.fields['name'] !== failsClosed;
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
  if (next.type === 'routes') return isMoved(previous, next);
  if (next.type !== 'plugins') return false;
  if (isEnabled(previous) && !isEnabled(next)) return true;
  if (previous.fields['name'] !== next.fields['name']) return true;
  if (!equalJson(previous.fields['protocols'] ?? null, next.fields['protocols'] ?? null)) {
    return true;
  }
  const scopes = ['route', 'service', 'consumer', 'consumer_group'];
  return scopes.some((field) => previous.references[field]?.id !== next.references[field]?.id);
}
