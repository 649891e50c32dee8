/**
 * A plugin that changes its scope: one update of the same entity instead of a create and a delete, so
 * that there is no moment without either. Pure.
 */
import type { Entity, KongState } from '../kong/model';
import { spareId } from './align-ids';
import type { Change, Plan } from './change';
import { fieldChanges } from './compare-fields';
import { identityOf, type Identity } from './dependants';
import { planOf } from './diff';
import { subjectOf } from './order';
import { changesScope, coversAsMuch, coversRoute, isEnabled, ScopeIndex } from './plugin-scope';
import { isMoved } from './route-overlap';

type Create = Extract<Change, { op: 'create' }>;
type Update = Extract<Change, { op: 'update' }>;
type Delete = Extract<Change, { op: 'delete' }>;

/**
 * A plugin is moved in place only where that leaves no live route without it before its time: each
 * route that it covers now is covered after the move as well, or stays where it is and wants neither it
 * nor another plugin of this plan. All others are created before the old one is deleted, also where the
 * file gives the new one the id of the old one.
 */
export function movePlugins(plan: Plan, { entities: current }: Pick<KongState, 'entities'>): Plan {
  const changed = plan.changes.filter(
    (change) => change.op !== 'create' && change.previous.type === 'plugins',
  );
  if (!changed.some((change) => change.op === 'delete' || isScopeChange(change))) return plan;
  const moves = new Moves(plan, current);
  return moveInPlace(moveApart(plan, moves, current), moves);
}

function moveApart(plan: Plan, moves: Moves, current: readonly Entity[]): Plan {
  const apart = new Map<Change, Create>();
  const taken = new Set([...current, ...plan.changes.map(subjectOf)].map(({ id }) => id));
  for (const change of plan.changes) {
    if (!isScopeChange(change) || moves.canTake(change.previous, change.next)) continue;
    // The scope of the plugin has it from then on, so the next plan takes it over.
    const id = spareId(change.next, (spare) => taken.has(spare));
    taken.add(id);
    apart.set(change, { op: 'create', next: { ...change.next, id } });
  }
  if (apart.size === 0) return plan;
  const changes = plan.changes.map((change) => apart.get(change) ?? change);
  const removals = [...apart.keys()].flatMap((change) =>
    change.op === 'update' ? [{ op: 'delete', previous: change.previous } as const] : [],
  );
  const end = changes.findLastIndex(({ op }) => op !== 'delete') + 1;
  return planOf(changes.toSpliced(end, 0, ...removals));
}

function isScopeChange(change: Change): change is Update {
  if (change.op !== 'update' || change.next.type !== 'plugins') return false;
  return changesScope(change.previous, change.next);
}

function moveInPlace(plan: Plan, moves: Moves): Plan {
  const deletes = plan.changes.filter(
    (change): change is Delete => change.op === 'delete' && change.previous.type === 'plugins',
  );
  const creates = plan.changes.filter(
    (change): change is Create => change.op === 'create' && change.next.type === 'plugins',
  );
  if (deletes.length === 0 || creates.length === 0) return plan;
  const replaced = new Set(creates.map(({ next }) => identityOf(next)));
  const taken = new Set<Change>();
  const moved = new Map<Change, Change>();
  for (const removal of deletes) {
    const { previous } = removal;
    // What comes back under its own id is no move.
    if (replaced.has(identityOf(previous))) continue;
    // A new plugin has the id that the user gives it.
    const free = creates.filter((create) => !taken.has(create) && isDerivedId(create.next.id));
    const heir = free.find((create) => moves.canTake(previous, create.next));
    if (heir) {
      taken.add(heir);
      const next = { ...heir.next, id: previous.id };
      const fields = fieldChanges(previous, next);
      moved.set(heir, { op: 'update', previous, next, fields });
      moved.set(removal, removal);
    }
  }
  if (moved.size === 0) return plan;
  const changes = plan.changes.flatMap((change) => {
    const other = moved.get(change);
    if (!other) return [change];
    return other === change ? [] : [other];
  });
  return planOf(changes);
}

/** A live route before and after the plan. */
interface RouteForms {
  readonly now: Entity;
  readonly next: Entity | undefined;
}

class Moves {
  private readonly going: ReadonlySet<Identity>;
  private readonly routes: readonly RouteForms[];
  private readonly routesByScope = new Map<string, RouteForms[]>();
  private readonly written: ScopeIndex<Entity>;

  constructor(plan: Plan, current: readonly Entity[]) {
    const next = new Map<Identity, Entity | undefined>();
    for (const change of plan.changes) {
      if (change.op === 'delete') next.set(identityOf(change.previous), undefined);
      else next.set(identityOf(change.next), change.next);
    }
    this.going = new Set([...next].flatMap(([id, entity]) => (entity ? [] : [id])));
    this.routes = current
      .filter(({ type }) => type === 'routes')
      .map((now) => ({ now, next: next.has(identityOf(now)) ? next.get(identityOf(now)) : now }));
    for (const forms of this.routes) {
      const { service } = forms.now.references;
      for (const id of [forms.now.id, ...(service ? [service.id] : [])]) {
        const known = this.routesByScope.get(id);
        if (known) known.push(forms);
        else this.routesByScope.set(id, [forms]);
      }
    }
    this.written = new ScopeIndex(
      plan.changes.flatMap((change) =>
        change.op !== 'delete' && change.next.type === 'plugins' ? [change.next] : [],
      ),
    );
  }

  /** No other live route can be covered by the plugin. */
  private routesUnder({ references: { route, service } }: Entity): readonly RouteForms[] {
    const scope = route ?? service;
    return scope ? (this.routesByScope.get(scope.id) ?? []) : this.routes;
  }

  canTake(previous: Entity, next: Entity): boolean {
    if (previous.fields['name'] !== next.fields['name']) return false;
    // A deletion of its scope would take it along.
    if (refersTo(previous, this.going)) return false;
    if (!isEnabled(previous)) return true;
    return this.routesUnder(previous).every(({ now, next: then }) => {
      if (!coversRoute(previous, now) || coversAsMuch(next, previous, now)) return true;
      if (!then || isMoved(now, then) || coversRoute(next, then)) return false;
      return this.written.covering(then).every((other) => other === next);
    });
  }
}

function refersTo({ references }: Entity, ids: ReadonlySet<Identity>): boolean {
  return Object.values(references).some((each) => each && ids.has(identityOf(each)));
}

/** Ids that are derived here are UUIDs of version 5; those that people and tools choose are of version 4. */
function isDerivedId(id: string): boolean {
  return id[14] === '5';
}
