/** What refers to an entity that neither the files nor the gateway have is not written. */
import type { Failure } from '../../../catalog/error';
import {
  entityLabel,
  singular,
  type Entity,
  type ExternalReference,
  type KongState,
} from '../../kong/model';
import type { Change } from '../change';
import { identityOf, type Identity } from '../dependants';
import { planErrors } from '../errors';
import { filterPlan, letThrough, type PlanFilter } from '../plan-filter';

/** @param externals as the target gave them back: it knows which of them the gateway has. */
export function keepDangling(externals: KongState['externals'] = []): PlanFilter {
  const missing = new Map(
    externals.flatMap((each) => (each.isMissing ? [[identityOf(each), each] as const] : [])),
  );
  return (plan) => {
    if (missing.size === 0) return letThrough(plan);
    const found = new Map<Change, readonly Failure[]>();
    for (const change of plan.changes) {
      const failures = change.op === 'delete' ? [] : danglingIn(change.next, missing);
      if (failures.length > 0) found.set(change, failures);
    }
    const { plan: kept, held } = filterPlan(plan, (change) => !found.has(change));
    return { plan: kept, held, diagnostics: [...found.values()].flat() };
  };
}

function danglingIn(
  entity: Entity,
  missing: ReadonlyMap<Identity, ExternalReference>,
): readonly Failure[] {
  const context = { entity: entityLabel(entity), place: entity.origin?.place };
  return Object.entries(entity.references).flatMap(([field, reference]) => {
    const external = reference && missing.get(identityOf(reference));
    if (!external) return [];
    const target = `${singular[external.type]} ${external.shown}`;
    return [planErrors.failure('REFERENCE_NOT_AT_GATEWAY', { field, target }, context)];
  });
}
