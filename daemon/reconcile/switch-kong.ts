/** Kong's half of the switch: plan, hold back what is in doubt, apply the rest. */
import { formatAddress } from '../../catalog/address';
import { hasErrors, type Failure } from '../../catalog/error';
import { entityLabel, type KongState } from '../kong/model';
import { applyPlan } from '../plan/apply-plan';
import type { Change, Plan } from '../plan/change';
import { coveredBy } from '../plan/covered-routes';
import { identityOf } from '../plan/dependants';
import { fieldChanges } from '../plan/compare-fields';
import { diff, planOf } from '../plan/diff';
import { guardDeletions, type GuardMemory } from '../plan/guard';
import { subjectOf } from '../plan/order';
import { filterByPolicy, filterPlan } from '../plan/policy';
import type { KongTarget, PlanCheck } from '../targets/target';
import { closeStrangers } from '../translate/kept-services';
import type { Decision } from './decide';
import type { PassContext, PassRequest } from './context';
import { reconcileErrors } from './errors';
import { emptyPlan } from './report';

export interface KongMemory {
  /** What Kong holds, as far as known: saves reading it on every pass. */
  kongState?: KongState;
  /** What of Kong's configuration is no entity, as it was pushed last. */
  passthrough?: string;
  guard?: GuardMemory;
  /** Where the services that Kong has led to when they last had a link: as `leadsOf`. */
  leads?: ReadonlyMap<string, string>;
  /** A probe found a target changed behind our back. */
  drifted?: boolean;
}

export interface KongSwitched {
  readonly plan: Plan;
  readonly writes: number;
  readonly failures: readonly Failure[];
  readonly held: boolean;
  readonly refused: boolean;
}

/**
 * Brings Kong to the desired state as far as policy, guard and Kong itself let it. A dry run plans the
 * same and writes nothing.
 */
export async function switchKong(
  target: KongTarget,
  context: PassContext,
  decision: Decision,
  memory: KongMemory,
  request: PassRequest,
  signal: AbortSignal,
): Promise<KongSwitched> {
  if (memory.drifted === true) delete memory.kongState;
  if (!memory.kongState) context.progress?.({ step: 'reading what Kong holds' });
  // The desired state first: it names the tags by which a shared gateway is read.
  const desired = await target.canonicalise(decision.translation.desired, signal);
  const current = memory.kongState ?? (await target.read(signal));
  const allowed = filterByPolicy(diff(current, desired), context.settings.policy);
  const kept = keepUnread(allowed.plan, decision);
  const guarded = waitForPlugins(kept.plan, decision);
  const checked = await check(target, guarded.plan, signal);
  const verdict = guard(checked.plan, { current, desired }, context, decision, memory, request);
  // A service stays only where something was held back: most plans need no look at all of Kong for it.
  const nothingHeld = allowed.held.length === 0 && verdict.filtered.plan === allowed.plan;
  const closed = nothingHeld
    ? { plan: verdict.filtered.plan, failures: [] }
    : closeKept(verdict.filtered.plan, { current, desired }, context, decision, memory);
  const { plan } = closed;
  const failures = [
    ...kept.failures,
    ...guarded.failures,
    ...(verdict.held ? [verdict.failure] : []),
    ...closed.failures,
    ...checked.failures,
  ];
  const passthrough = JSON.stringify(desired.passthrough);
  const nothingNew = plan.changes.length === 0 && memory.passthrough === passthrough;
  const refused = hasErrors(checked.failures);
  if (request.dryRun || (nothingNew && memory.kongState)) {
    return { plan, writes: 0, failures, held: verdict.held, refused };
  }
  // What was held back on the way stays in what is pushed: a whole document has no other way.
  const whole = allowed.held.length + verdict.filtered.held.length === 0 && plan === allowed.plan;
  const pushed = whole ? desired : { ...desired, entities: applyPlan(current, plan).entities };
  // Where this does not end well, nobody knows what Kong took: the next pass reads it.
  delete memory.kongState;
  context.progress?.({ step: 'writing to Kong', done: 0, total: plan.changes.length });
  const report = await target.apply(plan, pushed, signal);
  memory.kongState = report.state;
  memory.passthrough = passthrough;
  return {
    plan: report.applied.changes.length > 0 ? report.applied : emptyPlan,
    writes: report.writes,
    failures: [...failures, ...report.failures],
    held: verdict.held,
    refused: refused || hasErrors(report.failures),
  };
}

/**
 * An entity that a mistake keeps out of the user's file is not one that the user took out of it: while
 * there is such a mistake, what Kong has of the user's stays.
 */
function keepUnread(plan: Plan, { incomplete }: Decision): PlanCheck {
  if (!incomplete) return { plan, failures: [] };
  const { plan: kept, held } = filterPlan(
    plan,
    (change) => change.op !== 'delete' || change.previous.owner !== 'user',
  );
  const spared = held.flatMap((change) => (change.op === 'delete' ? [change.previous] : []));
  if (spared.length === 0) return { plan, failures: [] };
  const examples = spared.slice(0, 3).map(entityLabel).join(', ');
  const details = { count: spared.length, examples };
  return { plan: kept, failures: [reconcileErrors.failure('DELETIONS_WAIT_FOR_FILE', details)] };
}

/** A route that Kong does not have yet waits for a plugin that a mistake keeps out of the file. */
function waitForPlugins(plan: Plan, { unguarded }: Decision): PlanCheck {
  if (unguarded.length === 0) return { plan, failures: [] };
  const scopes = new Map(unguarded.map((scope) => [identityOf(scope), scope]));
  const mustWait = (change: Change) =>
    change.op === 'create' && coveredBy(change.next, scopes) !== undefined;
  const { plan: kept } = filterPlan(plan, (change) => !mustWait(change));
  const failures = plan.changes.filter(mustWait).map((change) => {
    const route = subjectOf(change);
    const context = { entity: entityLabel(route), place: route.origin?.place };
    return reconcileErrors.failure('ROUTE_WAITS_FOR_PLUGIN', {}, context);
  });
  return { plan: kept, failures };
}

/**
 * Services that stay although they should be gone must not lead to whoever has their address by now.
 * Where nothing that exists may be touched, that is what was asked for.
 */
function closeKept(
  plan: Plan,
  { current, desired }: { readonly current: KongState; readonly desired: KongState },
  { settings }: PassContext,
  { catalog }: Decision,
  { leads = new Map() }: KongMemory,
): PlanCheck {
  if (settings.policy === 'create-only') return { plan, failures: [] };
  const wanted = new Set(desired.entities.map(identityOf));
  const going = new Set(plan.changes.map((change) => identityOf(subjectOf(change))));
  const kept = current.entities.filter(
    (entity) =>
      entity.type === 'services' &&
      !wanted.has(identityOf(entity)) &&
      !going.has(identityOf(entity)),
  );
  const closed = closeStrangers(kept, leads, catalog, settings.rules);
  if (closed.length === 0) return { plan, failures: [] };
  const updates = closed.map(({ previous, next }) => {
    return { op: 'update', previous, next, fields: fieldChanges(previous, next) } as const;
  });
  const failures = closed.map(({ previous, address, owner }) =>
    reconcileErrors.failure(
      'KEPT_SERVICE_CLOSED',
      { address: formatAddress(address), owner },
      { entity: entityLabel(previous) },
    ),
  );
  // No name and no reference changes: they only must not come between deletions that make room.
  const at = Math.max(
    0,
    plan.changes.findIndex(({ op }) => op !== 'delete'),
  );
  return { plan: planOf(plan.changes.toSpliced(at, 0, ...updates)), failures };
}

/** Names that somebody else has are known before anything is written, in a dry run too. */
async function check(target: KongTarget, plan: Plan, signal: AbortSignal): Promise<PlanCheck> {
  if (!target.check || plan.changes.length === 0) return { plan, failures: [] };
  return target.check(plan, signal);
}

function guard(
  plan: Plan,
  { current, desired }: { readonly current: KongState; readonly desired: KongState },
  { settings, clock }: PassContext,
  { catalog }: Decision,
  memory: KongMemory,
  { confirmDeletes }: PassRequest,
) {
  const { share, atLeast, confirmAfterMs } = settings.limits;
  const verdict = guardDeletions(
    {
      plan,
      owned: current.entities.length,
      observedNothing: catalog.services.length === 0,
      desiresNothing: desired.entities.length === 0,
      confirmed: confirmDeletes,
      nowMs: clock.now(),
      memory: memory.guard,
    },
    { share, count: atLeast, ageMs: confirmAfterMs },
  );
  if (verdict.held) memory.guard = verdict.memory;
  else delete memory.guard;
  return verdict;
}
