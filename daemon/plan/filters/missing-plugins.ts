/** A guard goes only after its successor stands, and a route goes live together with its plugins. */
import { entityLabel, type KongState, type MissingPlugin } from '../../kong/model';
import type { Change } from '../change';
import { planErrors } from '../errors';
import { findGuardHolds, routesLedBefore } from '../keep-guards';
import { subjectOf } from '../order';
import { filterPlan, type PlanFilter } from '../plan-filter';
import { missingPlugins } from '../plugin-scope';

/**
 * What waits for plugins that do not come about: see `findGuardHolds`. Those that a filter before this
 * one held back count as well, and a route whose `mesh-upstream` stays as it is stays so too.
 * @param unread plugins that a mistake keeps out of the files, with the ids that the states have.
 */
export function keepGuards(
  { entities: current }: Pick<KongState, 'entities'>,
  unread: readonly MissingPlugin[],
): PlanFilter {
  return (plan, before) => {
    const upserts = before.filter(({ op }) => op !== 'delete').map(subjectOf);
    const missing = [...unread, ...missingPlugins(upserts)];
    const unmade = before.flatMap((change) =>
      change.op === 'create' && change.next.type === 'routes' ? [change.next] : [],
    );
    const led = routesLedBefore(before, current);
    const holds = findGuardHolds(plan, current, missing, [...unmade, ...led]);
    const { plan: kept, held } = filterPlan(plan, (change) => !holds.has(change));
    const diagnostics = [...holds].map(([change, because]) => diagnosticOf(change, because));
    return { plan: kept, held, diagnostics };
  };
}

function diagnosticOf(change: Change, { label: parent }: MissingPlugin) {
  const entity = subjectOf(change);
  const context = { entity: entityLabel(entity), place: entity.origin?.place };
  return change.op === 'create' && entity.type === 'routes'
    ? planErrors.failure('ROUTE_WAITS_FOR_PLUGIN', { parent }, context)
    : planErrors.failure('GUARD_KEPT', { parent }, context);
}

/**
 * The same with the ids that the canonical state has: an entity that exists under the name of a desired
 * one keeps its id there, and so does what only the gateway has.
 * @param desired and `canonical` hold the same entities and externals in the same order.
 */
export function withCanonicalIds(
  missing: readonly MissingPlugin[],
  desired: KongState,
  canonical: KongState,
): readonly MissingPlugin[] {
  if (missing.length === 0) return missing;
  const ids = new Map<string, string>();
  desired.entities.forEach(({ type, id }, index) => {
    ids.set(`${type}/${id}`, canonical.entities[index]?.id ?? id);
  });
  desired.externals?.forEach(({ type, id }, index) => {
    ids.set(`${type}/${id}`, canonical.externals?.[index]?.id ?? id);
  });
  return missing.map((plugin) => {
    const references = Object.entries(plugin.references).flatMap(([field, reference]) => {
      if (!reference) return [];
      const id = ids.get(`${reference.type}/${reference.id}`) ?? reference.id;
      return [[field, { ...reference, id }] as const];
    });
    return { ...plugin, references: Object.fromEntries(references) };
  });
}
