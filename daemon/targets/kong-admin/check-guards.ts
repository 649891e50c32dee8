/**
 * A route is made before the plugins on it: there is no other order at Kong. So whether Kong takes the
 * plugins that are meant for a new route is asked before the route is made.
 */
import type { Failure } from '../../../catalog/error';
import { entityLabel, type Entity, type JsonObject } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { coveredBy, scopeOf } from '../../plan/covered-routes';
import { identityOf, type Identity } from '../../plan/dependants';
import { subjectOf } from '../../plan/order';
import { filterPlan } from '../../plan/plan-filter';
import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import type { PlanCheck } from '../target';
import { runBounded } from './run-bounded';
import { contextOf, refusal } from './write-change';

export interface GuardContext {
  readonly client: KongClient;
  readonly parallelism: number;
  readonly fieldsToSend: (canonical: Entity) => JsonObject;
  readonly signal: AbortSignal;
}

type Create = Extract<Change, { op: 'create' }>;

/** Without it Kong resolves nothing and answers 503: no route of it needs to wait for a question. */
const failsClosed = 'mesh-upstream';

/**
 * A new route is held back with a plugin that Kong's schema refuses, and so are the new routes of a
 * service with a plugin of the service. Costs one call for each different configuration of a plugin.
 * @throws MeshdError what the client throws where Kong does not answer as it should.
 */
export async function checkGuards(plan: Plan, context: GuardContext): Promise<PlanCheck> {
  const asked = guardsOfNewRoutes(plan);
  if (asked.length === 0) return { plan, failures: [] };
  const refused = await askForEach(asked, context);
  if (refused.size === 0) return { plan, failures: [] };
  const scopes = new Map<Identity, Entity>();
  for (const change of refused.keys()) {
    const plugin = subjectOf(change);
    const scope = scopeOf(plugin);
    if (scope) scopes.set(identityOf(scope), plugin);
  }
  const guardOf = (change: Change) =>
    change.op === 'create' ? coveredBy(change.next, scopes) : undefined;
  const { plan: kept, held } = filterPlan(
    plan,
    (change) => !refused.has(change) && !guardOf(change),
  );
  // Those at fault first, then what waits for them.
  const rest = held.filter((change) => !refused.has(change));
  const failures = rest.map((change) => reasonOf(change, guardOf(change)));
  return { plan: kept, failures: [...refused.values(), ...failures] };
}

function reasonOf(change: Change, guard: Entity | undefined): Failure {
  const entity = subjectOf(change);
  if (guard) {
    const details = { parent: entityLabel(guard) };
    return targetErrors.failure('KONG_ROUTE_UNGUARDED', details, contextOf(entity));
  }
  // Nothing but another plugin hangs on a route.
  return targetErrors.failure('KONG_ENTITY_LEFT_OUT', { parent: 'its route' }, contextOf(entity));
}

function guardsOfNewRoutes({ changes }: Plan): readonly Create[] {
  const creates = changes.filter((change) => change.op === 'create');
  const covered = new Set<Identity>();
  for (const { next } of creates) {
    if (next.type !== 'routes') continue;
    covered.add(identityOf(next));
    if (next.references['service']) covered.add(identityOf(next.references['service']));
  }
  return creates.filter(({ next }) => {
    const scope = scopeOf(next);
    return scope && covered.has(identityOf(scope)) && next.fields['name'] !== failsClosed;
  });
}

/** The same configuration on a thousand routes is one question. */
async function askForEach(
  asked: readonly Create[],
  { client, parallelism, fieldsToSend, signal }: GuardContext,
): Promise<ReadonlyMap<Change, Failure>> {
  const groups = new Map<string, Create[]>();
  for (const create of asked) {
    const own = { tags: undefined, instance_name: undefined };
    const text = JSON.stringify({ ...fieldsToSend(create.next), ...own });
    const group = groups.get(text);
    if (group) group.push(create);
    else groups.set(text, [create]);
  }
  const refused = new Map<Change, Failure>();
  await runBounded(groups, parallelism, async ([text, group]) => {
    const path = '/schemas/plugins/validate';
    const request = { method: 'POST', path, body: text, accept: [400], repeatable: true } as const;
    const reply = await client.request(request, signal);
    if (reply.status !== 400) return;
    for (const create of group) refused.set(create, refusal(create.next, reply));
  });
  return refused;
}
