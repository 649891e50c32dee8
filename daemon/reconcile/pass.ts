/**
 * The pass: observe → translate → expand → switch → contract, and nothing else changes anything.
 *
 * No request ever meets an address that is not there yet: the mesh side grows first. None meets one
 * that is not there any more: what nothing points at goes last. A failure in a phase stops the later
 * ones; the next pass starts over from what it observes. There is no other state to repair.
 */
import { hasErrors, MeshdError, type Failure } from '../../catalog/error';
import type { DataplaneChange } from '../targets/dataplane/dataplane-target';
import { afterExpand } from './after-expand';
import type { PassContext, PassRequest } from './context';
import { decide, type Decision, type DecideMemory } from './decide';
import { reconcileErrors } from './errors';
import { IncompleteConfig, observe, type Inputs, type ObserveMemory } from './observe';
import { emptyPlan, outcomeOf, type PassReport } from './report';
import { switchOver, type SwitchMemory, type Switched } from './switch-over';

/** What one pass leaves for the next: only a saving of work, never a truth of its own. */
export interface PassMemory extends ObserveMemory, DecideMemory, SwitchMemory {
  last?: PassReport;
  /** What the last whole pass found beside its inputs: true until they change. */
  lasting?: readonly Failure[];
}

/** Total: whatever happens ends up in the report. Aborted by the signal it reports `failed`. */
export async function runPass(
  context: PassContext,
  memory: PassMemory,
  request: PassRequest,
  signal: AbortSignal,
): Promise<PassReport> {
  const startedAt = context.clock.now();
  const progress: Progress = { inputs: [], failures: [] };
  try {
    context.progress?.({ step: 'reading the mesh and the configuration' });
    const inputs = await observe(observeOptions(context, request), memory, signal);
    const drifted = await lostTrack(context, memory, signal);
    const settled = memory.settled === true && memory.unsettled !== true && !isDue(context, memory);
    if (inputs.unchanged && settled && !drifted && memory.last) {
      return repeat(memory.last, memory, inputs, context.clock.now() - startedAt);
    }
    progress.inputs = inputs.failures;
    // Until all of it is done there is something to do, wherever this pass may end.
    memory.settled = false;
    context.progress?.({ step: 'working out what should be' });
    let decision = decide(inputs, context, memory);
    progress.decision = decision;
    progress.failures.push(...decision.failures);
    const late = decision.blocked ? [] : await expand(context, decision, request, progress, signal);
    if (late.length > 0 && decision.dataplanePlan) {
      // What is silent is left out by now: whatever else there is to do must not wait for it.
      decision = decide(afterExpand(inputs, decision.dataplanePlan), context, memory);
      progress.decision = decision;
      progress.failures.splice(0, Infinity, ...decision.failures, ...late);
    }

    if (!decision.blocked) {
      progress.switched = await switchOver(context, decision, memory, request, signal);
      progress.failures.push(...progress.switched.failures);
      await contract(context, decision, request, progress, signal);
    }
  } catch (error) {
    progress.failed = true;
    memory.settled = false;
    progress.failures.push(...asFailures(error, signal));
  }
  const report = reportOf(progress, context.clock.now() - startedAt);
  keepWhole(report, progress, memory);
  return report;
}

/** Only a pass that settled everything may be repeated; a dry run never does. */
function keepWhole(report: PassReport, { failures }: Progress, memory: PassMemory): void {
  if (memory.settled !== true) return;
  memory.last = report;
  memory.lasting = failures;
}

interface Progress {
  /** What was found about the inputs: found anew on every pass. */
  inputs: readonly Failure[];
  readonly failures: Failure[];
  decision?: Decision;
  switched?: Switched;
  /** What was done on the Dataplanes, or in a dry run would be: never what only was planned. */
  expanded?: readonly DataplaneChange[];
  contracted?: readonly DataplaneChange[];
  writes?: number;
  failed?: boolean;
}

/**
 * Ends when the sidecars listen on what was added; a failure keeps Kong on the addresses it has.
 * @returns what was waited for in vain, where all else may go on.
 */
async function expand(
  { dataplane, progress: tell }: PassContext,
  { dataplanePlan }: Decision,
  { dryRun }: PassRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  if (!dataplane || !dataplanePlan) return [];
  const { expanding } = dataplanePlan;
  let late: readonly Failure[] = [];
  if (!dryRun && (expanding.length > 0 || dataplanePlan.awaiting === true)) {
    tell?.({ step: 'adding outbounds, and waiting for the sidecars to listen' });
    const report = await dataplane.expand(dataplanePlan, signal);
    progress.writes = report.writes;
    if (report.onlySilent === true) late = report.failures;
    else {
      progress.failures.push(...report.failures);
      if (hasErrors(report.failures)) throw new PhaseStopped();
    }
  }
  progress.expanded = expanding;
  return late;
}

/** Only after a whole switch: while something still uses an old address, it stays. */
async function contract(
  { dataplane, progress: tell }: PassContext,
  { dataplanePlan }: Decision,
  { dryRun }: PassRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (!dataplane || !dataplanePlan || dataplanePlan.contracting.length === 0) return;
  if (!dryRun) {
    if (progress.switched?.complete !== true) return;
    tell?.({ step: 'removing what nothing points at any more' });
    const report = await dataplane.contract(dataplanePlan, signal);
    progress.writes = (progress.writes ?? 0) + report.writes;
    progress.failures.push(...report.failures);
    if (hasErrors(report.failures)) throw new PhaseStopped();
  }
  progress.contracted = dataplanePlan.contracting;
}

/** A phase reported its failures and the later ones must not run. */
class PhaseStopped extends Error {}

/**
 * Asks the targets whether they still hold what was applied: on every pass where that costs next to
 * nothing, as a Kong that restarted serves nobody until it is asked, and else when it is time to. Where
 * that fails nobody knows: Kong is then read again before anything is concluded about it.
 */
async function lostTrack(
  { kong, snapshot, clock, settings }: PassContext,
  memory: PassMemory,
  signal: AbortSignal,
): Promise<boolean> {
  const nowMs = clock.now();
  const due = memory.nextProbeMs !== undefined && nowMs >= memory.nextProbeMs;
  if (memory.nextProbeMs === undefined || due) memory.nextProbeMs = nowMs + settings.probeMs;
  if (memory.last) {
    const asked = due || kong?.probesLightly === true ? kong : undefined;
    const states = await Promise.allSettled([asked?.probe(signal), snapshot?.probe(signal)]);
    signal.throwIfAborted();
    const same = states.every(
      (state) =>
        state.status === 'fulfilled' && (state.value === undefined || state.value === 'same'),
    );
    if (!same) memory.drifted = true;
  }
  return memory.drifted === true;
}

/** What Kong refused may be taken by now: a plugin was installed, a node is in order again. */
function isDue({ clock }: PassContext, { retryRefusedMs }: PassMemory): boolean {
  return retryRefusedMs !== undefined && clock.now() >= retryRefusedMs;
}

/** Same inputs, all applied, and the targets still hold it: by far the most frequent pass. */
function repeat(
  last: PassReport,
  memory: PassMemory,
  inputs: Inputs,
  durationMs: number,
): PassReport {
  return {
    ...last,
    outcome: 'unchanged',
    kong: last.kong && { ...last.kong, plan: emptyPlan, writes: 0 },
    snapshot: last.snapshot && { ...last.snapshot, written: false },
    dataplane: { expanded: [], contracted: [] },
    failures: [...inputs.failures, ...(memory.lasting ?? [])],
    durationMs,
  };
}

function reportOf(progress: Progress, durationMs: number): PassReport {
  const { decision, switched, inputs, failures } = progress;
  const failed = progress.failed === true || decision?.blocked === true;
  const { expanded = [], contracted = [] } = progress;
  return {
    outcome: outcomeOf({
      failed,
      held: switched?.held ?? false,
      refused: switched?.refused ?? false,
      writes: (progress.writes ?? 0) + (switched?.writes ?? 0),
    }),
    services: decision?.catalog.services.length ?? 0,
    catalogHash: decision?.revision ?? '',
    kong: switched?.kong ?? null,
    snapshot: switched?.snapshot ?? null,
    dataplane: { expanded, contracted },
    failures: [...inputs, ...failures],
    links: decision?.translation.links ?? [],
    durationMs,
  };
}

export function observeOptions(context: PassContext, request: PassRequest) {
  const { source, kongFiles, dataplane, env, settings, clock } = context;
  return {
    source,
    kongFiles,
    env,
    ownerTag: settings.rules.ownerTag,
    limits: settings.limits,
    confirmed: request.confirmDeletes,
    watched: dataplane !== undefined,
    nowMs: clock.now(),
  };
}

function asFailures(error: unknown, signal: AbortSignal): readonly Failure[] {
  if (error instanceof PhaseStopped) return [];
  if (error instanceof IncompleteConfig) return error.failures;
  if (error instanceof MeshdError) return [error.toFailure()];
  const cause = error instanceof Error ? error.message : String(error);
  if (signal.aborted) return [reconcileErrors.failure('PASS_INTERRUPTED', { cause })];
  return [reconcileErrors.failure('PASS_FAILED', { cause })];
}
