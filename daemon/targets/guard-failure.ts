/** How a target says what waits for a plugin that Kong does not take. */
import type { Failure } from '../../catalog/error';
import { entityLabel, type MissingPlugin } from '../kong/model';
import type { Change } from '../plan/change';
import { planErrors } from '../plan/errors';
import { subjectOf } from '../plan/order';
import { targetErrors } from './errors';

/** @param missing what the change waits for; undefined where it needs another one that waits. */
export function guardFailure(change: Change, missing: MissingPlugin | undefined): Failure {
  const entity = subjectOf(change);
  const context = { entity: entityLabel(entity), place: entity.origin?.place };
  if (!missing) {
    return targetErrors.failure('KONG_ENTITY_LEFT_OUT', { parent: 'what waits' }, context);
  }
  const details = { parent: missing.label };
  return change.op === 'create' && entity.type === 'routes'
    ? targetErrors.failure('KONG_ROUTE_UNGUARDED', details, context)
    : planErrors.failure('GUARD_KEPT', details, context);
}
