/**
 * A guard goes only after its successor stands: which changes wait while a plugin is missing. Nobody
 * here can tell an authentication from a convenience, so every plugin is a guard. Pure.
 */
import { entityLabel, type Entity, type MissingPlugin } from '../kong/model';
import type { Change, Plan } from './change';
import { identityOf, type Identity } from './dependants';
import { subjectOf } from './order';
import {
  becomesServed,
  isMoved,
  leadsByPlugin,
  leadsElsewhere,
  routesOverlap,
} from './route-overlap';
import {
  coversAsMuch,
  coversRoute,
  isEnabled,
  isForConsumer,
  ScopeIndex,
  sharesConsumer,
} from './plugin-scope';

/** The changes that must wait, each with the plugin it waits for. */
export type GuardHolds = ReadonlyMap<Change, MissingPlugin>;

/**
 * While a plugin is missing on a route,
 *
 *     a new route                          waits, unless an older form of the plugin covers it
 *     one that gets its first service      the same: Kong did not serve it before
 *     a service that is switched on        waits like its routes
 *     a plugin that covers a live one      is not deleted, disabled, narrowed or moved away
 *     the live route itself                moves only to where it is covered as much
 *     its service and its mesh-upstream    lead where they did
 *     a route whose requests it would get  stays where it is, also where the new route itself is refused
 *
 *     a route that stays as it is          keeps the plugins that cover it, though the file has it gone
 *                                          or elsewhere
 *
 * @param plan without the missing plugins.
 * @param current what the target holds.
 * @param unmade routes that do not come about, nor what leads them: those that exist stay as they are.
 */
export function findGuardHolds(
  plan: Plan,
  current: readonly Entity[],
  missing: readonly MissingPlugin[],
  unmade: readonly Entity[] = [],
): GuardHolds {
  if (missing.length + unmade.length === 0 || plan.changes.length === 0) return new Map();
  return new GuardAnalysis(plan, current, missing).holds(unmade);
}

/** Live routes that are led on as before, because a change of their `mesh-upstream` does not come about. */
export function routesLedBefore(
  undone: readonly Change[],
  current: readonly Entity[],
): readonly Entity[] {
  const leading = new ScopeIndex(undone.filter(leadsByPlugin).map(subjectOf));
  return current.filter((each) => each.type === 'routes' && leading.covering(each).length > 0);
}

/** A route that lacks a plugin, in every form it has or is to have. */
interface LackingRoute {
  readonly forms: readonly Entity[];
  readonly missing: MissingPlugin;
  /** It is new and waits: nothing of it stands in for another route. */
  readonly waits: boolean;
}

class GuardAnalysis {
  private readonly held = new Map<Change, MissingPlugin>();
  private readonly changesById = new Map<Identity, Change[]>();
  private readonly pluginsNow: readonly Entity[];
  private readonly coverNow: ScopeIndex<Entity>;
  /** Accepted plugins too: what is missing is not in the plan. */
  private readonly coverNext: ScopeIndex<Entity>;
  private readonly wanted: ScopeIndex<MissingPlugin>;
  /** Changes of where `mesh-upstream` leads, by the scopes that it has before and after. */
  private readonly leading: ScopeIndex<Pick<Entity, 'references'> & { readonly change: Change }>;
  /** Routes whose present cover must last, in the forms in which they may be served. */
  private readonly kept: { readonly form: Entity; readonly missing: MissingPlugin }[] = [];
  private readonly lacking: LackingRoute[] = [];

  constructor(
    private readonly plan: Plan,
    private readonly current: readonly Entity[],
    missing: readonly MissingPlugin[],
  ) {
    for (const change of plan.changes) {
      const identity = identityOf(change.op === 'delete' ? change.previous : change.next);
      const known = this.changesById.get(identity);
      if (known) known.push(change);
      else this.changesById.set(identity, [change]);
    }
    this.pluginsNow = current.filter((entity) => entity.type === 'plugins' && isEnabled(entity));
    this.coverNow = new ScopeIndex(this.pluginsNow);
    const written = plan.changes.flatMap((change) => (change.op === 'delete' ? [] : [change.next]));
    this.coverNext = new ScopeIndex(
      written.filter((entity) => entity.type === 'plugins' && isEnabled(entity)),
    );
    this.wanted = new ScopeIndex(missing);
    this.leading = new ScopeIndex(
      plan.changes.filter(leadsByPlugin).flatMap((change) => {
        const forms = change.op === 'create' ? [change.next] : [change.previous];
        if (change.op === 'update') forms.push(change.next);
        return forms.map(({ references }) => ({ references, change }));
      }),
    );
  }

  holds(unmade: readonly Entity[]): GuardHolds {
    const live = this.current.filter(({ type }) => type === 'routes');
    const known = new Set(live.map(identityOf));
    for (const form of unmade) {
      if (!known.has(identityOf(form))) {
        const missing = { label: entityLabel(form), references: {} };
        this.lacking.push({ forms: [form], missing, waits: true });
        continue;
      }
      const missing = { label: `the change of ${entityLabel(form)}`, references: {} };
      this.kept.push({ form, missing });
      const next = this.nextOf(form);
      if (next && isMoved(form, next)) this.hold(form, missing);
      if (this.nextOf(form)) this.holdPlace([form], missing);
    }
    for (const change of this.plan.changes) {
      if (change.op !== 'create' || change.next.type !== 'routes') continue;
      if (!known.has(identityOf(change.next))) this.judgeNew(change, change.next);
    }
    for (const route of live) this.judgeLive(route);
    if (this.lacking.length > 0) for (const route of live) this.judgeLeaving(route);
    if (this.kept.length > 0) for (const plugin of this.pluginsNow) this.judgePlugin(plugin);
    return this.held;
  }

  /** A route is not open without a plugin that applies to one consumer only. */
  private judgeNew(change: Change, route: Entity): void {
    const wanted = this.wanted.covering(route).filter((each) => each.anywhere !== true);
    const lost = wanted.find((each) => !isForConsumer(each) && !this.standsIn(each, route));
    if (lost) {
      this.held.set(change, lost);
      this.lacking.push({ forms: [route], missing: lost, waits: true });
    } else for (const missing of wanted) this.kept.push({ form: route, missing });
  }

  private judgeLive(route: Entity): void {
    const next = this.nextOf(route);
    if (!next) return;
    for (const change of this.opened(next)) {
      this.judgeNew(change, next);
      if (this.held.has(change)) return;
    }
    const wanted = this.wanted.covering(next);
    const [first] = wanted;
    if (!first) return;
    for (const missing of wanted) this.kept.push({ form: route, missing });
    if (next !== route) for (const missing of wanted) this.kept.push({ form: next, missing });
    const lost = wanted.find((each) => !this.standsIn(each, next));
    if (lost) this.lacking.push({ forms: [route, next], missing: lost, waits: false });
    const moves = isMoved(route, next);
    if (!lost && (!moves || this.coversLike(route, next))) return;
    if (moves) this.hold(route, lost ?? first);
    this.holdPlace([route, next], lost ?? first);
  }

  /** A route that stays as it is leads where it did. */
  private holdPlace(forms: readonly Entity[], missing: MissingPlugin): void {
    for (const form of forms) {
      const { service } = form.references;
      const ofService = (service && this.changesById.get(identityOf(service))) ?? [];
      const changes = [...ofService, ...this.leading.covering(form).map(({ change }) => change)];
      for (const change of changes) if (leadsElsewhere(change)) this.held.set(change, missing);
    }
  }

  /** The changes after which Kong serves a route that it did not serve before. */
  private opened(next: Entity): readonly Change[] {
    const { service } = next.references;
    const of = (id: Identity) => this.changesById.get(id) ?? [];
    const changes = [...of(identityOf(next)), ...(service ? of(identityOf(service)) : [])];
    return changes.filter(
      (change) => change.op === 'update' && becomesServed(change.previous, change.next),
    );
  }

  /** Requests of a route that goes or moves fall to the others that match them. */
  private judgeLeaving(route: Entity): void {
    const changes = this.changesById.get(identityOf(route)) ?? [];
    if (changes.length === 0 || changes.some((change) => this.held.has(change))) return;
    const next = this.nextOf(route);
    if (next && !isMoved(route, next)) return;
    const heir = this.lacking.find(
      ({ forms, waits }) =>
        forms.every(({ id }) => id !== route.id) &&
        forms.some((form) => routesOverlap(route, form)) &&
        (waits || forms.some((form) => !this.coversLike(route, form))),
    );
    if (!heir) return;
    this.hold(route, heir.missing);
    this.kept.push({ form: route, missing: heir.missing });
  }

  private judgePlugin(plugin: Entity): void {
    const changes = this.changesById.get(identityOf(plugin)) ?? [];
    if (changes.length === 0) return;
    const next = this.nextOf(plugin);
    const lost = this.kept.find(
      ({ form, missing }) =>
        coversRoute(plugin, form) &&
        sharesConsumer(plugin, missing) &&
        !(next && coversAsMuch(next, plugin, form)),
    );
    if (lost) this.hold(plugin, lost.missing);
  }

  private hold(entity: Entity, missing: MissingPlugin): void {
    for (const change of this.changesById.get(identityOf(entity)) ?? []) {
      this.held.set(change, missing);
    }
  }

  /** The entity after the plan; undefined where it goes. */
  private nextOf(entity: Entity): Entity | undefined {
    const last = this.changesById.get(identityOf(entity))?.at(-1);
    if (!last) return entity;
    return last.op === 'delete' ? undefined : last.next;
  }

  /** Whether an older form of a missing plugin covers the route. */
  private standsIn(missing: MissingPlugin, route: Entity): boolean {
    const { name, references } = missing;
    if (name === undefined || missing.anywhere) return false;
    const wanted = { fields: { name }, references };
    return this.coverNow.covering(route).some((plugin) => coversAsMuch(plugin, wanted, route));
  }

  /** Whether `to` is under all types of plugins that cover `from` now. */
  private coversLike(from: Entity, to: Entity): boolean {
    const standing = [...this.coverNow.covering(to), ...this.coverNext.covering(to)];
    return this.coverNow
      .covering(from)
      .every((plugin) => standing.some((other) => coversAsMuch(other, plugin, to)));
  }
}
