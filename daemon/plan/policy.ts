/** Which part of a plan may happen: pure filters, one after the other. */
import type { Entity, EntityReference } from '../kong/model';
import type { Change, Plan } from './change';
import { identityOf, type Identity } from './dependants';
import { planOf } from './diff';

/**
 * - `sync`: everything.
 * - `upsert-only`: nothing is deleted.
 * - `create-only`: nothing that exists is touched.
 */
export const policies = ['sync', 'upsert-only', 'create-only'] as const;
export type Policy = (typeof policies)[number];

/** What a filter lets through, and what it holds back. Both keep the plan's order. */
export interface Filtered {
  readonly plan: Plan;
  readonly held: readonly Change[];
}

const allowed: Readonly<Record<Policy, ReadonlySet<Change['op']>>> = {
  sync: new Set(['create', 'update', 'delete']),
  'upsert-only': new Set(['create', 'update']),
  'create-only': new Set(['create']),
};

export function filterByPolicy(plan: Plan, policy: Policy): Filtered {
  return filterPlan(plan, (change) => allowed[policy].has(change.op));
}

/**
 * Leaves out updates and deletions of what is not ours. `owns` is asked about entities as the target
 * holds them.
 */
export function filterByOwnership(plan: Plan, owns: (entity: Entity) => boolean): Filtered {
  return filterPlan(plan, (change) => change.op === 'create' || owns(change.previous));
}

/**
 * decK's rule for a shared gateway: an entity is ours if it carries all of the tags. Without tags the
 * whole gateway is ours.
 */
export function carriesTags(tags: readonly string[]): (entity: Entity) => boolean {
  return ({ fields }) => {
    const own: unknown = fields['tags'];
    return tags.every((tag) => Array.isArray(own) && own.includes(tag));
  };
}

/**
 * Keeps the changes that `accept` takes, and of those only what still stands without the others: who
 * would take the name or id of somebody that stays, or refer to somebody that does not come, is held
 * back with it.
 */
export function filterPlan(plan: Plan, accept: (change: Change) => boolean): Filtered {
  const kept: Change[] = [];
  const held: Change[] = [];
  const staying = new Set<string>();
  const missing = new Set<Identity>();
  for (const change of plan.changes) {
    if (accept(change) && stands(change, staying, missing)) {
      kept.push(change);
      continue;
    }
    held.push(change);
    if (change.op !== 'create') {
      staying.add(identityOf(change.previous));
      staying.add(nameOf(change.previous));
    } else if (!staying.has(identityOf(change.next))) {
      missing.add(identityOf(change.next));
    }
  }
  if (held.length === 0) return { plan, held };
  return { plan: planOf(kept), held };
}

/**
 * One look at the changes in their order is enough: deletions that free a name come before whoever
 * takes it, and an entity comes before those that refer to it.
 */
function stands(
  change: Change,
  staying: ReadonlySet<string>,
  missing: ReadonlySet<Identity>,
): boolean {
  if (change.op === 'delete') return true;
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
