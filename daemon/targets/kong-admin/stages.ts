/** The parts of a plan that are carried out one after the other, so that nothing is uncovered between. */
import type { Change, Plan } from '../../plan/change';
import { equalJson } from '../../plan/compare-fields';
import { isMoved } from '../../plan/route-overlap';
import { identityOf } from '../../plan/dependants';
import { subjectOf } from '../../plan/order';
import { isEnabled } from '../../plan/plugin-scope';

/**
 * - updates of what is changed or deleted later on, which let a unique value go;
 * - what makes room, and all that is made or changed;
 * - updates that take cover away: a plugin that is narrowed, a route that moves;
 * - deletions.
 *
 * A route moves to a service only after the plugins of that service are there.
 */
export function stagesOf({
  changes,
}: Plan): readonly [readonly Change[], readonly Change[], readonly Change[], readonly Change[]] {
  const last = new Map(changes.map((change) => [identityOf(subjectOf(change)), change]));
  const freeing: Change[] = [];
  const making: Change[] = [];
  const reducing: Change[] = [];
  const removing: Change[] = [];
  let upserting = false;
  for (const change of changes) {
    if (change.op === 'delete') (upserting ? removing : making).push(change);
    else if (change.op === 'update' && last.get(identityOf(change.next)) !== change) {
      freeing.push(change);
    } else {
      upserting = true;
      (change.op === 'update' && reducesCover(change) ? reducing : making).push(change);
    }
  }
  return [freeing, making, reducing, removing];
}

function reducesCover({ previous, next }: Extract<Change, { op: 'update' }>): boolean {
  if (next.type === 'routes') return isMoved(previous, next);
  if (next.type !== 'plugins') return false;
  if (isEnabled(previous) && !isEnabled(next)) return true;
  if (previous.fields['name'] !== next.fields['name']) return true;
  if (!equalJson(previous.fields['protocols'] ?? null, next.fields['protocols'] ?? null)) {
    return true;
  }
  const scopes = ['route', 'service', 'consumer', 'consumer_group'];
  return scopes.some((field) => previous.references[field]?.id !== next.references[field]?.id);
}
