/** `kong.policy`: which kinds of changes are made at all. */
import type { Entity } from '../../kong/model';
import type { Change } from '../change';
import { filterPlan, type PlanFilter } from '../plan-filter';

/**
 * - `sync`: everything.
 * - `upsert-only`: nothing is deleted.
 * - `create-only`: nothing that exists is touched.
 */
export const policies = ['sync', 'upsert-only', 'create-only'] as const;
export type Policy = (typeof policies)[number];

const allowed: Readonly<Record<Policy, ReadonlySet<Change['op']>>> = {
  sync: new Set(['create', 'update', 'delete']),
  'upsert-only': new Set(['create', 'update']),
  'create-only': new Set(['create']),
};

export function filterByPolicy(policy: Policy): PlanFilter {
  return (plan) => ({
    ...filterPlan(plan, (change) => allowed[policy].has(change.op)),
    diagnostics: [],
  });
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
