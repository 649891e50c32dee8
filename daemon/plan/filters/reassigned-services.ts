/** Services and targets whose deletion waits must not serve whoever has their address by now. */
import { formatAddress } from '../../../catalog/address';
import { entityLabel, type Entity, type KongState } from '../../kong/model';
import { fieldChanges } from '../compare-fields';
import { identityOf } from '../dependants';
import { planOf } from '../diff';
import { planErrors } from '../errors';
import { subjectOf } from '../order';
import { letThrough, type PlanFilter } from '../plan-filter';

/** A service or target that stays although its address belongs to another mesh service now. */
export interface ReassignedService {
  readonly previous: Entity;
  /** With a host that never resolves: Kong answers 503, or sends nothing to the target. */
  readonly next: Entity;
  readonly address: { readonly host: string; readonly port: number };
  /** Reference of the mesh service that has the address now. */
  readonly owner: string;
}

/**
 * Adds the updates that close such services. A service stays only where something was held back, so
 * most plans cost nothing here.
 * @param reassigned finds them among the services that stay.
 */
export function closeReassigned(
  current: KongState,
  desired: KongState,
  reassigned: (kept: readonly Entity[]) => readonly ReassignedService[],
): PlanFilter {
  return (plan, held) => {
    if (held.length === 0) return letThrough(plan);
    const wanted = new Set(desired.entities.map(identityOf));
    const going = new Set(plan.changes.map((change) => identityOf(subjectOf(change))));
    const kept = current.entities.filter(
      (entity) =>
        (entity.type === 'services' || entity.type === 'targets') &&
        !wanted.has(identityOf(entity)) &&
        !going.has(identityOf(entity)),
    );
    const closed = reassigned(kept);
    if (closed.length === 0) return letThrough(plan);
    const updates = closed.map(({ previous, next }) => {
      return { op: 'update', previous, next, fields: fieldChanges(previous, next) } as const;
    });
    const diagnostics = closed.map(({ previous, address, owner }) =>
      planErrors.failure(
        'KEPT_SERVICE_CLOSED',
        { address: formatAddress(address), owner },
        { entity: entityLabel(previous) },
      ),
    );
    // No name and no reference changes: they only must not come between deletions that make room.
    const firstUpsert = plan.changes.findIndex(({ op }) => op !== 'delete');
    const at = Math.max(0, firstUpsert);
    return { plan: planOf(plan.changes.toSpliced(at, 0, ...updates)), held: [], diagnostics };
  };
}
