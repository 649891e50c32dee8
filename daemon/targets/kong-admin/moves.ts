/** What leads requests elsewhere, and the order in which it is written: never to a place and its guards half. */
import type { Entity } from '../../kong/model';
import type { Change } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { subjectOf } from '../../plan/order';
import { changesScope, failsClosed, isEnabled, ScopeIndex } from '../../plan/plugin-scope';
import { changesPlace, isMoved, leadsByPlugin, routesOverlap } from '../../plan/route-overlap';

/** @param made what is created by the plan: nothing is led there yet. */
export function isMove(change: Change, made: ReadonlySet<Identity>): boolean {
  if (leadsByPlugin(change)) return !isOn(change, made);
  if (change.op !== 'update') return false;
  const { previous, next } = change;
  switch (next.type) {
    case 'routes':
      return isMoved(previous, next);
    case 'services':
      return changesPlace(previous, next);
    case 'plugins':
      return changesScope(previous, next);
    default:
      return false;
  }
}

/** Deletions that come before what they would be led along with, unless another route takes their requests. */
export function deletedBefore(
  moving: readonly Change[],
  removing: readonly Change[],
  routes: readonly Entity[],
): readonly Change[] {
  const gone = new Set(removing.map((change) => identityOf(subjectOf(change))));
  const placed = new Set(moving.map((change) => identityOf(subjectOf(change))));
  return removing.filter((change) => {
    if (leadsByPlugin(change)) return !isOn(change, gone);
    const { type } = subjectOf(change);
    return (
      type === 'routes' &&
      isOn(change, placed) &&
      !routes.some((route) => routesOverlap(route, subjectOf(change)))
    );
  });
}

/** Whether it refers to one of them. */
export function isOn(change: Change, entities: ReadonlySet<Identity>): boolean {
  const { references } = subjectOf(change);
  return Object.values(references).some((each) => each && entities.has(identityOf(each)));
}

/**
 * All plugins that are only made stand by then, and all that are to go are still there. Plugins that move
 * come first, as they cover both sides. A service moves when the routes have left it that do not move
 * with it, and before those come that lead to its new place. A route whose own `mesh-upstream` comes or
 * goes is closed in between.
 */
export function orderMoves(moves: readonly Change[]): readonly (readonly Change[])[] {
  const ofType = (type: Entity['type']) =>
    moves.filter((change) => subjectOf(change).type === type);
  const routes = ofType('routes');
  const services = ofType('services');
  const placed = new Set(services.map((change) => identityOf(subjectOf(change))));
  const moved = new Set(routes.map((change) => identityOf(subjectOf(change))));
  const leads = ofType('plugins').filter(leadsByPlugin);
  const removed = leads.filter(({ op }) => op === 'delete');
  const written = leads.filter(({ op }) => op !== 'delete');
  const isLeaving = (change: Change) => {
    if (change.op === 'delete') return true;
    const before = change.op === 'update' ? change.previous.references['service'] : undefined;
    return before !== undefined && placed.has(identityOf(before)) && !isOn(change, placed);
  };
  const onMoved = (change: Change) => isOn(change, moved);
  const others = (changes: readonly Change[], taken: (change: Change) => boolean) =>
    changes.filter((change) => !taken(change));
  return [
    others(ofType('plugins'), leadsByPlugin),
    removed.filter(onMoved),
    routes.filter(isLeaving),
    others(written, onMoved),
    services,
    others(removed, onMoved),
    others(routes, isLeaving),
    written.filter(onMoved),
  ];
}

/** Whether a new route must not be served before these changes are made. */
export function mustWaitFor(changes: readonly Change[]): (route: Entity) => boolean {
  const plugins = changes.flatMap((change) => {
    const forms = formsOf(change).filter(({ type }) => type === 'plugins');
    return leadsByPlugin(change) ? forms : forms.slice(-1).filter(isGuard);
  });
  const covering = new ScopeIndex(plugins);
  const placed = new Set(
    changes.map(subjectOf).flatMap(({ type, id }) => (type === 'services' ? [id] : [])),
  );
  return (route) =>
    placed.has(route.references['service']?.id ?? '') || covering.covering(route).length > 0;
}

function formsOf(change: Change): readonly Entity[] {
  if (change.op === 'create') return [change.next];
  return change.op === 'delete' ? [change.previous] : [change.previous, change.next];
}

function isGuard(plugin: Entity): boolean {
  return isEnabled(plugin) && plugin.fields['name'] !== failsClosed;
}
