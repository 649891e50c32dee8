/**
 * Whether Kong takes the plugins of a plan is asked before anything is written: a route has to be made
 * before the plugins on it, and what guards a route now must not go before its successor stands.
 */
import type { Failure } from '../../../catalog/error';
import type { Entity, JsonObject } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { planOf } from '../../plan/diff';
import { findGuardHolds } from '../../plan/keep-guards';
import { subjectOf } from '../../plan/order';
import { filterPlan } from '../../plan/plan-filter';
import { failsClosed, missingPlugins } from '../../plan/plugin-scope';
import type { KongClient } from '../kong-http/client';
import { guardFailures } from '../guard-failure';
import type { PlanCheck } from '../target';
import { runBounded } from './run-bounded';
import { refusal } from './write-change';

export interface GuardContext {
  readonly client: KongClient;
  readonly parallelism: number;
  readonly fieldsToSend: (canonical: Entity) => JsonObject;
  readonly signal: AbortSignal;
}

type Upsert = Exclude<Change, { op: 'delete' }>;

/**
 * Holds back what must wait for a plugin that Kong's schema refuses. Asks only where something would
 * have to wait, one call for each different configuration of a plugin.
 * @param current what the target holds.
 * @throws MeshdError what the client throws where Kong does not answer as it should.
 */
export async function checkGuards(
  plan: Plan,
  current: readonly Entity[],
  context: GuardContext,
): Promise<PlanCheck> {
  const asked = plan.changes.filter(isPluginUpsert);
  if (asked.length === 0) return { plan, failures: [] };
  // If all of them were refused: would anything wait?
  const others = planOf(plan.changes.filter((change) => !isPluginUpsert(change)));
  const isAtStake = [others, plan].some(
    (each) => findGuardHolds(each, current, missingPlugins(asked.map(({ next }) => next))).size > 0,
  );
  if (!isAtStake) return { plan, failures: [] };
  const refused = await askForEach(
    asked.filter(({ next }) => next.fields['name'] !== failsClosed),
    context,
  );
  if (refused.size === 0) return { plan, failures: [] };
  const standing = planOf(plan.changes.filter((change) => !refused.has(change)));
  const holds = findGuardHolds(
    standing,
    current,
    missingPlugins([...refused.keys()].map(subjectOf)),
  );
  const { plan: kept, held } = filterPlan(
    plan,
    (change) => !refused.has(change) && !holds.has(change),
  );
  // Those at fault first, then what waits for them.
  const rest = held.filter((change) => !refused.has(change));
  return { plan: kept, failures: [...refused.values(), ...guardFailures(rest, holds)] };
}

function isPluginUpsert(change: Change): change is Upsert {
  return change.op !== 'delete' && change.next.type === 'plugins';
}

/** The same configuration on a thousand routes is one question. */
async function askForEach(
  asked: readonly Upsert[],
  { client, parallelism, fieldsToSend, signal }: GuardContext,
): Promise<ReadonlyMap<Change, Failure>> {
  const groups = new Map<string, Upsert[]>();
  for (const change of asked) {
    const own = { tags: undefined, instance_name: undefined };
    const text = JSON.stringify({ ...fieldsToSend(change.next), ...own });
    const group = groups.get(text);
    if (group) group.push(change);
    else groups.set(text, [change]);
  }
  const refused = new Map<Change, Failure>();
  await runBounded(groups, parallelism, async ([text, group]) => {
    const path = '/schemas/plugins/validate';
    const request = { method: 'POST', path, body: text, accept: [400], repeatable: true } as const;
    const reply = await client.request(request, signal);
    if (reply.status !== 400) return;
    for (const change of group) refused.set(change, refusal(change.next, reply));
  });
  return refused;
}
