/** Kong's half of the switch: plan, hold back what is in doubt, apply the rest. */
import { hasErrors, type Failure, type MeshdError } from '../../catalog/error';
import type { ConfigFile, KongState } from '../kong/model';
import { applyPlan } from '../plan/apply-plan';
import type { Change, Plan } from '../plan/change';
import type { Identity } from '../plan/dependants';
import type { Hold } from '../plan/hold';
import { referenceNames } from '../plan/reference-names';
import { withDeadline } from '../sources/kuma/deadline';
import type { KongTarget } from '../targets/target';
import type { Decision } from './decide';
import type { KongLimits, PassContext, PassRequest } from './context';
import { reconcileErrors } from './errors';
import { noteApplied, planKong, type PlanMemory } from './plan-kong';
import { emptyPlan } from './report';

export interface KongMemory extends PlanMemory {
  /** What Kong holds, as far as known: saves reading it on every pass. */
  kongState?: KongState;
  /** What of Kong's configuration is no entity, as it was pushed last. */
  passthrough?: string;
  /** The files whose text was written last, where the target keeps it. */
  writtenFiles?: readonly ConfigFile[] | undefined;
  /** As Kong was read earlier in the same pass. */
  kongRead?: KongState;
  /** A probe found a target changed behind our back. */
  drifted?: boolean;
}

export interface KongSwitched {
  readonly plan: Plan;
  readonly writes: number;
  readonly failures: readonly Failure[];
  readonly holds: readonly Hold[];
  /** What a filter held back, in the plan's order. */
  readonly held: readonly Change[];
  readonly refused: boolean;
  readonly names?: ReadonlyMap<Identity, string>;
}

/**
 * Each request has a limit of its own, and a large configuration takes thousands. This one ends a pass at a
 * Kong that answers, but too slowly ever to be done.
 */
const defaultLimits: KongLimits = { readMs: 5 * 60_000, writeMs: 15 * 60_000 };

function tooSlow({ name }: KongTarget, step: string, ms: number): MeshdError {
  return reconcileErrors.error('KONG_TOO_SLOW', { target: name, step, seconds: ms / 1000 });
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
  const { readMs, writeMs } = context.settings.kongLimits ?? defaultLimits;
  const within = <T>(step: string, ms: number, work: (bounded: AbortSignal) => Promise<T>) =>
    withDeadline(signal, ms, () => tooSlow(target, step, ms), work);
  const reading = <T>(work: (bounded: AbortSignal) => Promise<T>) =>
    within('reading', readMs, work);
  if (memory.drifted === true) delete memory.kongState;
  if (!memory.kongState) context.progress?.({ step: 'reading what Kong holds' });
  // The desired state first: it names the tags by which a shared gateway is read.
  const desired = await reading((bounded) =>
    target.canonicalise(decision.translation.desired, bounded),
  );
  const current =
    memory.kongState ?? memory.kongRead ?? (await reading((bounded) => target.read(bounded)));
  delete memory.kongRead;
  const states = { current, desired };
  const planned = await reading((bounded) =>
    planKong(target, states, context, decision, memory, request, bounded),
  );
  const { plan, held, holds, diagnostics, refused, whole } = planned;
  // Nobody reads what a daemon's pass refers to: the log counts changes.
  const isShown = request.meshEveryMs === undefined;
  const names = isShown
    ? { names: referenceNames([...plan.changes, ...held], [current, desired]) }
    : {};
  const passthrough = JSON.stringify(desired.passthrough);
  const files = target.keepsText === true ? desired.files : undefined;
  const isSameText = memory.passthrough === passthrough && memory.writtenFiles === files;
  const nothingNew = plan.changes.length === 0 && isSameText;
  // Of a file that may be half written not even the text may get there.
  const waits = decision.mayGrow && plan.changes.length === 0;
  if (request.dryRun || waits || (nothingNew && memory.kongState)) {
    if (!request.dryRun) await noteApplied(context, { desired, held: current }, memory);
    return { plan, writes: 0, failures: diagnostics, held, holds, refused, ...names };
  }
  request.approval?.kong(plan.changes);
  // What was held back on the way stays in what is pushed: a whole document has no other way.
  const pushed = whole ? desired : { ...desired, entities: applyPlan(current, plan).entities };
  // Where this does not end well, nobody knows what Kong took: the next pass reads it.
  delete memory.kongState;
  context.progress?.({ step: 'writing to Kong', done: 0, total: plan.changes.length });
  const report = await within('writing', writeMs, (bounded) => target.apply(plan, pushed, bounded));
  memory.kongState = report.state;
  memory.passthrough = passthrough;
  memory.writtenFiles = files;
  const { state, handedOver } = report;
  await noteApplied(context, { desired, held: state, handedOver }, memory);
  return {
    plan: report.applied.changes.length > 0 ? report.applied : emptyPlan,
    writes: report.writes,
    failures: [...diagnostics, ...report.failures],
    held,
    holds,
    refused: refused || hasErrors(report.failures),
    ...names,
  };
}
