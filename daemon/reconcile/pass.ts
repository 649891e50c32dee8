/**
 * The pass: observe → translate → expand → switch → contract, and nothing else changes anything.
 *
 * No request ever meets an address that is not there yet: the mesh side grows first. None meets one
 * that is not there any more: what nothing points at goes last. A failure in a phase stops the later
 * ones; the next pass starts over from what it observes. There is no other state to repair.
 *
 * ```
 *  observe ─ translate ─ expand ─ snapshot ─┬─ Kong ────────────────────┬─ contract
 *                                           └─ the mesh side, again ... ┘
 * ```
 * The mesh side and the snapshot never wait for Kong. What is removed waits for all of it.
 */
import { hasErrors, MeshdError, type Failure } from '../../catalog/error';
import type { DataplaneChange } from '../targets/dataplane/dataplane-target';
import { besideKong } from './beside-kong';
import type { PassContext, PassRequest } from './context';
import { enforceUpstream } from './enforce-upstream';
import { reconcileErrors } from './errors';
import { bringMeshSide, type MeshSide, type SnapshotMemory } from './mesh-side';
import { observe, type Inputs, type ObserveMemory } from './observe';
import { refreshKongPlaces } from './kong-places';
import { holdsKong, holdsSnapshot } from './probe-targets';
import { recall } from './recall';
import { emptyPlan, outcomeOf, type PassReport } from './report';
import { switchOver, type SwitchMemory, type Switched } from './switch-over';
import { IncompleteConfig } from './user-config';

/** What one pass leaves for the next: only a saving of work, never a truth of its own. */
export interface PassMemory extends ObserveMemory, SnapshotMemory, SwitchMemory {
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
  const progress: Progress = { inputs: [], mesh: newSide() };
  let annotated = Promise.resolve();
  try {
    context.progress?.({ step: 'reading the mesh and the configuration' });
    await recall(context, memory, signal);
    // Whoever gives out ports is alive: what it gave out holds, however long the mesh is away.
    if (context.dataplane) await renewSnapshot(context, request, signal);
    const [inputs] = await Promise.all([
      observe(observeOptions(context, request), memory, signal),
      // Before the first port is given out, and never again: the mesh side does not wait for Kong.
      context.dataplane && !memory.kongPlaces
        ? refreshKongPlaces(context, memory, undefined, signal)
        : undefined,
    ]);
    if (request.confirmDeletes && !request.dryRun) {
      // Before anything is deleted: a daemon that holds the same back would put it back.
      await context.confirmations?.write(inputs.observation.revision);
    }
    if (!inputs.observation.stale) {
      memory.fresh = true;
      if (!context.dataplane) await renewSnapshot(context, request, signal);
    }
    progress.inputs = inputs.failures;
    // Beside the rest: the snapshot does not wait for the API server.
    annotated = enforceUpstream(context, inputs, request, signal).then(({ failures, writes }) => {
      progress.inputs = [...inputs.failures, ...failures];
      progress.writes = writes;
    });
    annotated.catch(() => undefined);
    const idle = !request.confirmDeletes;
    const inStep = idle && (await isInStep(inputs, context, memory, signal));
    if (inStep) await annotated;
    const last = inStep && (progress.writes ?? 0) === 0 ? memory.last : undefined;
    if (last) {
      progress.standing = memory.lasting;
      const probe = (bounded: AbortSignal) => holdsKong(context, memory, bounded);
      const { result: holds, moved } = await withMeshBeside(
        probe,
        context,
        memory,
        request,
        signal,
      );
      // What has moved meanwhile is for the next pass: these inputs are no longer the newest.
      if (moved) memory.settled = false;
      if (holds || moved) {
        return repeat(last, memory, progress.inputs, context.clock.now() - startedAt);
      }
      delete progress.standing;
    }
    // Until all of it is done there is something to do, wherever this pass may end.
    memory.settled = false;
    await bringMeshSide(inputs, context, memory, request, progress.mesh, signal);
    await annotated;
    await finishWithKong(inputs, context, memory, request, progress, signal);
  } catch (error) {
    progress.failed = true;
    memory.settled = false;
    progress.ended = asFailures(error, signal);
    await annotated.catch(() => undefined);
  }
  const report = reportOf(progress, memory, context.clock.now() - startedAt);
  keepWhole(report, progress, memory);
  return report;
}

interface Progress {
  /** What was found about the inputs: found anew on every pass. */
  inputs: readonly Failure[];
  readonly mesh: MeshSide;
  switched?: Switched;
  contracted?: readonly DataplaneChange[];
  contractFailures?: readonly Failure[];
  writes?: number;
  failed?: boolean;
  /** Why it ended early. */
  ended?: readonly Failure[];
  /** Found by earlier passes, where this one ended before it could look. */
  standing?: readonly Failure[] | undefined;
}

function newSide(): MeshSide {
  return { failures: [], writes: 0 };
}

/** Same inputs, all applied, and the snapshot still is the one that was written. */
async function isInStep(
  inputs: Inputs,
  context: PassContext,
  memory: PassMemory,
  signal: AbortSignal,
): Promise<boolean> {
  const holds = memory.last === undefined || (await holdsSnapshot(context, signal));
  const { retryMs, retryPortsMs, placesUntilMs = new Map<string, number>() } = memory;
  const times = [retryMs, retryPortsMs, ...placesUntilMs.values()];
  const isDue = times.some((ms) => ms !== undefined && context.clock.now() >= ms);
  const settled = memory.settled === true && memory.unsettled !== true && !isDue;
  return inputs.unchanged && settled && holds;
}

/** For the plugin, which relies on outbound ports as long as it sees that somebody looks after them. */
async function renewSnapshot(
  { snapshot, settings }: PassContext,
  { dryRun }: PassRequest,
  signal: AbortSignal,
): Promise<void> {
  if (dryRun || settings.trustMs === undefined) return;
  await snapshot?.renew?.(Math.min(60_000, settings.trustMs / 4), signal);
}

/** From where the mesh side is done: Kong, with the mesh side kept in step beside it, and contract. */
async function finishWithKong(
  inputs: Inputs,
  context: PassContext,
  memory: PassMemory,
  request: PassRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const links = progress.mesh.decision?.translation;
  const isOther = await refreshKongPlaces(context, memory, links, signal);
  // Decided anew before anything is switched: a host may be the name of somebody's upstream.
  if (isOther) await bringMeshSide(inputs, context, memory, request, progress.mesh, signal);
  const { decision, stopped, snapshot } = progress.mesh;
  const firstTime = memory.last === undefined;
  // A catalog in doubt must not turn links into refusals either, until it has lasted. Kong is looked at
  // all the same.
  const inDoubt = snapshot?.held !== undefined && !snapshot.lasted;
  if (!decision || stopped === true || inDoubt) {
    if (!firstTime && !request.dryRun) await holdsKong(context, memory, signal);
    return;
  }
  const work = (bounded: AbortSignal): Promise<Switched> =>
    switchOver(context, decision, memory, request, firstTime, bounded);
  const { result, moved } = await withMeshBeside(work, context, memory, request, signal);
  progress.switched = result;
  if (moved) memory.settled = false;
  else await contract(context, request, progress, signal);
}

/** Waits for Kong, and keeps the mesh side in step meanwhile. */
async function withMeshBeside<T>(
  work: (signal: AbortSignal) => Promise<T>,
  context: PassContext,
  memory: PassMemory,
  request: PassRequest,
  signal: AbortSignal,
): Promise<{ readonly result: T; readonly moved: boolean }> {
  const { meshEveryMs: everyMs } = request;
  if (everyMs === undefined || request.dryRun) return { result: await work(signal), moved: false };
  const keep = (bounded: AbortSignal) => keepMeshSide(context, memory, request, bounded);
  return besideKong(work, { clock: context.clock, everyMs, keep }, signal);
}

/** @returns whether there was anything new. */
async function keepMeshSide(
  context: PassContext,
  memory: PassMemory,
  request: PassRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const inputs = await observe(observeOptions(context, request), memory, signal);
  const annotating = enforceUpstream(context, inputs, request, signal);
  const bringing = inputs.unchanged
    ? undefined
    : bringMeshSide(inputs, context, memory, request, newSide(), signal);
  await Promise.all([annotating, bringing]);
  return !inputs.unchanged;
}

/** Only after a whole switch: while something still uses an old address, it stays. */
async function contract(
  { dataplane, progress: tell }: PassContext,
  { dryRun }: PassRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const plan = progress.mesh.decision?.dataplanePlan;
  if (!dataplane || !plan || plan.contracting.length === 0) return;
  if (!dryRun) {
    if (progress.switched?.complete !== true) return;
    tell?.({ step: 'removing what nothing points at any more' });
    const report = await dataplane.contract(plan, signal);
    progress.writes = (progress.writes ?? 0) + report.writes;
    progress.contractFailures = report.failures;
    if (hasErrors(report.failures)) {
      progress.failed = true;
      return;
    }
  }
  progress.contracted = plan.contracting;
}

/** Same inputs, all applied, and the targets said that they still hold it: by far the most frequent pass. */
function repeat(
  last: PassReport,
  memory: PassMemory,
  found: readonly Failure[],
  durationMs: number,
): PassReport {
  return {
    ...last,
    outcome: last.outcome === 'held' ? 'held' : 'unchanged',
    kong: last.kong && { ...last.kong, plan: emptyPlan, writes: 0 },
    snapshot: last.snapshot && { ...last.snapshot, written: false },
    dataplane: { expanded: [], contracted: [] },
    failures: [...found, ...(memory.lasting ?? [])],
    durationMs,
  };
}

/** Only a pass that settled everything may be repeated; a dry run never does. */
function keepWhole(report: PassReport, progress: Progress, memory: PassMemory): void {
  if (progress.failed === true) memory.settled = false;
  if (memory.settled !== true) return;
  memory.last = report;
  memory.lasting = foundBesideInputs(progress, memory);
}

function foundBesideInputs(progress: Progress, memory: PassMemory): readonly Failure[] {
  const { mesh, switched, standing = [], contractFailures = [], ended = [] } = progress;
  const held = mesh.snapshot?.held;
  // What Kong could not be asked about is not gone: it is said again, until it has been gone through.
  const isUnasked = mesh.decision !== undefined && !switched;
  const kong = switched?.failures ?? (isUnasked ? (memory.kongFindings ?? []) : []);
  return [
    ...standing,
    ...mesh.failures,
    ...(held ? [held] : []),
    ...kong,
    ...contractFailures,
    ...ended,
  ];
}

function reportOf(progress: Progress, memory: PassMemory, durationMs: number): PassReport {
  const { mesh, switched, inputs } = progress;
  const { decision, expanded = [], snapshot } = mesh;
  return {
    outcome: outcomeOf({
      failed: progress.failed === true || mesh.stopped === true,
      held: switched?.held === true || snapshot?.held !== undefined,
      refused: switched?.refused ?? false,
      writes:
        mesh.writes +
        (progress.writes ?? 0) +
        (switched?.writes ?? 0) +
        (snapshot?.written === true ? 1 : 0),
    }),
    services: decision?.catalog.services.length ?? 0,
    catalogHash: decision?.revision ?? '',
    kong: switched?.kong ?? null,
    snapshot: snapshot ? { file: snapshot.file, written: snapshot.written } : null,
    dataplane: { expanded, contracted: progress.contracted ?? [] },
    failures: [...inputs, ...foundBesideInputs(progress, memory)],
    links: decision?.translation.links ?? [],
    durationMs,
  };
}

export function observeOptions(context: PassContext, request: PassRequest) {
  const { source, kongFiles, fitTarget, confirmations, dataplane, env, settings, clock } = context;
  return {
    source,
    kongFiles,
    fitTarget,
    env,
    ownerTag: settings.rules.ownerTag,
    limits: settings.limits,
    confirmed: request.confirmDeletes,
    confirmations,
    watched: dataplane !== undefined,
    nowMs: clock.now(),
  };
}

function asFailures(error: unknown, signal: AbortSignal): readonly Failure[] {
  if (error instanceof IncompleteConfig) return error.failures;
  if (error instanceof MeshdError) return [error.toFailure()];
  const cause = error instanceof Error ? error.message : String(error);
  if (signal.aborted) return [reconcileErrors.failure('PASS_INTERRUPTED', { cause })];
  return [reconcileErrors.failure('PASS_FAILED', { cause })];
}
