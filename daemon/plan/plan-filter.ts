/** Which part of a plan may happen: pure filters, applied one after the other. */
import type { Failure } from '../../catalog/error';
import type { Entity, EntityReference } from '../kong/model';
import { uniqueFields } from '../kong/unique-fields';
import type { Change, Plan } from './change';
import { identityOf, type Identity } from './dependants';
import { planOf } from './diff';
import { planErrors } from './errors';
import { nameSome, type Hold } from './hold';
import { coversAsMuch, coversRoute, isEnabled } from './plugin-scope';

/** What a filter lets through, and what it holds back. Both keep the plan's order. */
export interface Filtered {
  readonly plan: Plan;
  readonly held: readonly Change[];
}

export interface FilterResult extends Filtered {
  /** Why something was held back or changed. */
  readonly diagnostics: readonly Failure[];
  /** Deletions that wait for the user, or for the input to change back. */
  readonly holds?: readonly Hold[];
}

/**
 * One rule about what may happen. What it needs to know is given to the function that makes it.
 * @param held what the filters before this one have held back.
 */
export type PlanFilter = (plan: Plan, held: readonly Change[]) => FilterResult;

/** Applies the filters in their order, after what was held back before them. */
export function applyFilters(start: FilterResult, filters: readonly PlanFilter[]): FilterResult {
  return filters.reduce((before, filter) => {
    const { plan, held, diagnostics, holds = [] } = filter(before.plan, before.held);
    return {
      plan,
      held: [...before.held, ...held],
      diagnostics: [...before.diagnostics, ...diagnostics],
      holds: [...(before.holds ?? []), ...holds],
    };
  }, start);
}

/** A plan that nothing objects to. */
export function letThrough(plan: Plan): FilterResult {
  return { plan, held: [], diagnostics: [] };
}

/** Says which creates and updates wait because something stays that was to go. */
export function waitingFor(held: readonly Change[]): readonly Failure[] {
  const waiting = held.flatMap((change) => (change.op === 'delete' ? [] : [change.next]));
  if (waiting.length === 0) return [];
  const details = { count: waiting.length, examples: nameSome(waiting) };
  return [planErrors.failure('CHANGES_WAIT_FOR_DELETIONS', details)];
}

/**
 * Keeps the changes that `accept` takes, and of those only what still stands without the others: a
 * change that takes the id or a unique value of what stays, refers to what does not come, or deletes
 * what something that stays refers to, is held back as well. So is what takes a plugin away from a
 * route that stays as it is.
 */
export function filterPlan(plan: Plan, accept: (change: Change) => boolean): Filtered {
  const staying = new Staying();
  let held = new Set<Change>();
  // What is held at the end of a plan may have what something at its beginning takes.
  for (let before = -1; held.size > before;) {
    before = held.size;
    held = new Set(plan.changes.filter((change) => !accept(change) || !staying.allows(change)));
    for (const change of held) staying.add(change);
  }
  if (held.size === 0) return { plan, held: [] };
  return { plan: planOf(plan.changes.filter((change) => !held.has(change))), held: [...held] };
}

/** What is there after all, or is not, because a change is held. */
class Staying {
  private readonly marks = new Set<string>();
  private readonly missing = new Set<Identity>();
  private readonly needed = new Set<Identity>();
  /** By their ids, by those of their services, and all of them. */
  private readonly routes = new Map<string | undefined, Set<Entity>>();

  add(change: Change): void {
    if (change.op === 'create') {
      if (!this.marks.has(identityOf(change.next))) this.missing.add(identityOf(change.next));
      return;
    }
    const { previous } = change;
    this.missing.delete(identityOf(previous));
    this.marks.add(identityOf(previous));
    for (const mark of uniqueMarks(previous)) this.marks.add(mark);
    for (const reference of referencesOf(previous)) this.needed.add(identityOf(reference));
    if (previous.type !== 'routes') return;
    for (const scope of [previous.id, previous.references['service']?.id, undefined]) {
      const known = this.routes.get(scope);
      if (known) known.add(previous);
      else this.routes.set(scope, new Set([previous]));
    }
  }

  /** Whether a route that stays is covered as before. */
  private keepsCover(change: Change): boolean {
    if (change.op === 'create' || change.previous.type !== 'plugins') return true;
    const { previous } = change;
    if (!isEnabled(previous)) return true;
    const { route, service } = previous.references;
    return [...(this.routes.get(route?.id ?? service?.id) ?? [])].every(
      (each) =>
        !coversRoute(previous, each) ||
        (change.op === 'update' && coversAsMuch(change.next, previous, each)),
    );
  }

  allows(change: Change): boolean {
    if (!this.keepsCover(change)) return false;
    if (change.op === 'delete') return !this.needed.has(identityOf(change.previous));
    const { next } = change;
    if (change.op === 'create' && this.marks.has(identityOf(next))) return false;
    const own = change.op === 'update' ? uniqueMarks(change.previous) : [];
    const taken = uniqueMarks(next).filter((mark) => !own.includes(mark));
    if (taken.some((mark) => this.marks.has(mark))) return false;
    return referencesOf(next).every((reference) => !this.missing.has(identityOf(reference)));
  }
}

function referencesOf(entity: Entity): readonly EntityReference[] {
  return Object.values(entity.references).filter((reference) => reference !== undefined);
}

/** What no two entities of a type share. */
function uniqueMarks({ type, key, fields }: Entity): readonly string[] {
  const marks = [`name ${type}/${key}`];
  for (const field of uniqueFields[type]) {
    const value = fields[field];
    if (typeof value === 'string') marks.push(`${field} ${type}/${value}`);
  }
  return marks;
}
