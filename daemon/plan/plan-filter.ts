/** Which part of a plan may happen: pure filters, applied one after the other. */
import type { Failure } from '../../catalog/error';
import type { Entity, EntityReference } from '../kong/model';
import type { Change, Plan } from './change';
import { identityOf, type Identity } from './dependants';
import { planOf } from './diff';
import { planErrors } from './errors';
import { nameSome, type Hold } from './hold';

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
 * Keeps the changes that `accept` takes, and of those only what still stands without the others: who
 * would take the name or id of somebody that stays, or refer to somebody that does not come, is held
 * back with it. What something that stays refers to is not deleted: Kong would refuse, or delete both.
 */
export function filterPlan(plan: Plan, accept: (change: Change) => boolean): Filtered {
  const kept: Change[] = [];
  const held: Change[] = [];
  const staying = new Set<string>();
  const missing = new Set<Identity>();
  const needed = new Set<Identity>();
  for (const change of plan.changes) {
    if (accept(change) && stands(change, { staying, missing, needed })) {
      kept.push(change);
      continue;
    }
    held.push(change);
    if (change.op !== 'create') {
      staying.add(identityOf(change.previous));
      staying.add(nameOf(change.previous));
      for (const reference of referencesOf(change.previous)) needed.add(identityOf(reference));
    } else if (!staying.has(identityOf(change.next))) {
      missing.add(identityOf(change.next));
    }
  }
  if (held.length === 0) return { plan, held };
  return { plan: planOf(kept), held };
}

/**
 * One look at the changes in their order is enough: deletions that free a name come before whoever
 * takes it, an entity is created before those that refer to it and deleted after them.
 */
function stands(
  change: Change,
  {
    staying,
    missing,
    needed,
  }: Readonly<Record<'staying' | 'missing' | 'needed', ReadonlySet<string>>>,
): boolean {
  if (change.op === 'delete') return !needed.has(identityOf(change.previous));
  const { next } = change;
  if (change.op === 'create' && staying.has(identityOf(next))) return false;
  const renamed = change.op === 'update' && change.previous.key !== next.key;
  if ((change.op === 'create' || renamed) && staying.has(nameOf(next))) return false;
  return referencesOf(next).every((reference) => !missing.has(identityOf(reference)));
}

function referencesOf(entity: Entity): readonly EntityReference[] {
  return Object.values(entity.references).filter((reference) => reference !== undefined);
}

function nameOf(entity: Entity): string {
  return `name ${entity.type}/${entity.key}`;
}
