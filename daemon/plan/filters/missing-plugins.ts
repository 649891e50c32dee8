/** A route goes live together with the plugins that are meant for it. */
import { entityLabel, type EntityReference } from '../../kong/model';
import type { Change } from '../change';
import { coveredBy } from '../covered-routes';
import { identityOf } from '../dependants';
import { planErrors } from '../errors';
import { subjectOf } from '../order';
import { filterPlan, letThrough, type PlanFilter } from '../plan-filter';

/**
 * A route that the target does not have yet waits for a plugin that a mistake keeps out of the file.
 * @param unguarded routes and services that lack a plugin.
 */
export function waitForPlugins(unguarded: readonly EntityReference[]): PlanFilter {
  const scopes = new Map(unguarded.map((scope) => [identityOf(scope), scope]));
  const mustWait = (change: Change) =>
    change.op === 'create' && coveredBy(change.next, scopes) !== undefined;
  return (plan) => {
    if (unguarded.length === 0) return letThrough(plan);
    const diagnostics = plan.changes.filter(mustWait).map((change) => {
      const route = subjectOf(change);
      const context = { entity: entityLabel(route), place: route.origin?.place };
      return planErrors.failure('ROUTE_WAITS_FOR_PLUGIN', {}, context);
    });
    return { ...filterPlan(plan, (change) => !mustWait(change)), diagnostics };
  };
}
