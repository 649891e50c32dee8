/**
 * The mesh side of a pass: what should be is worked out, the sidecars get their outbounds, and the
 * plugin gets its snapshot. It never waits for Kong.
 */
import { hasErrors, type Failure } from '../../catalog/error';
import { noBindings } from '../../catalog/bindings';
import { toSnapshot, type Snapshot } from '../../catalog/snapshot';
import { doubtLoss, type LossLimits } from '../plan/loss';
import type { DataplaneChange, PhaseReport } from '../targets/dataplane/dataplane-target';
import type { SnapshotTarget } from '../targets/snapshot/snapshot-target';
import { afterExpand } from './after-expand';
import type { PassContext, PassRequest } from './context';
import { decide, type Decision, type DecideMemory } from './decide';
import { reconcileErrors } from './errors';
import type { Inputs } from './observe';
import { losesAddresses, type RecallMemory } from './recall';
import type { PassReport } from './report';

export interface SnapshotMemory extends RecallMemory {
  /** Since when the snapshot waits because the catalog is empty, by the clock of the pass. */
  snapshotHeldMs?: number;
}

export interface MeshSide {
  decision?: Decision;
  /** What the phases found; the inputs' own findings are not among them. */
  failures: readonly Failure[];
  /** What was added on the Dataplanes, or in a dry run would be: never what only was planned. */
  expanded?: readonly DataplaneChange[];
  writes: number;
  snapshot?: SnapshotSwitched;
  /** A phase failed: the later ones must not run. */
  stopped?: boolean;
}

type SnapshotSwitched = NonNullable<PassReport['snapshot']> & {
  readonly held?: Failure;
  /** It has been held for so long that Kong is not kept waiting any more. */
  readonly lasted: boolean;
};

function snapshotOf(
  { catalog, translation }: Decision,
  { bindings = noBindings, ledger }: RecallMemory,
  { trustMs, renews }: PassContext['settings'],
): Snapshot {
  const { secretReferences, upstreams } = translation;
  return toSnapshot(catalog, {
    bindings: new Map([...bindings].filter(([reference]) => !secretReferences.has(reference))),
    ledger,
    upstreams,
    renewed: renews === true && trustMs !== undefined,
    ...(trustMs === undefined ? {} : { trustSeconds: Math.max(1, Math.floor(trustMs / 1000)) }),
  });
}

/** Plans that are made anew because a port turned out to be taken. */
const maxReplans = 16;

/** @param side is filled as it goes: what was done counts, also where this rejects. */
export async function bringMeshSide(
  inputs: Inputs,
  context: PassContext,
  memory: DecideMemory & SnapshotMemory,
  request: PassRequest,
  side: MeshSide,
  signal: AbortSignal,
): Promise<void> {
  const decided = (decision: Decision, late: readonly Failure[] = []): Decision => {
    side.decision = decision;
    side.failures = [...decision.failures, ...late];
    return decision;
  };
  context.progress?.({ step: 'working out what should be' });
  const { ledger } = memory;
  let decision = decided(decide(inputs, context, memory));
  for (let replans = 0; !decision.blocked; replans++) {
    approve(decision, request);
    const report = await expand(context, decision, request, side, signal);
    // What could not be written was given to nobody.
    if (hasErrors(report.failures) && report.onlySilent !== true) memory.ledger = ledger;
    if (report.replan !== true || replans === maxReplans) {
      if (report.onlySilent === true && decision.dataplanePlan) {
        // What is silent is left out by now: whatever else there is to do must not wait for it.
        const grown = afterExpand(inputs, decision.dataplanePlan);
        decision = decided(decide(grown, context, memory), report.failures);
      } else {
        side.failures = [...side.failures, ...report.failures];
        side.stopped = hasErrors(report.failures);
      }
      break;
    }
    decision = decided(decide(inputs, context, memory));
  }
  side.stopped ??= decision.blocked;
  if (decision.blocked || side.stopped) return;
  const snapshot = await switchSnapshot(context, decision, memory, request, signal);
  if (snapshot) side.snapshot = snapshot;
}

function approve(
  { dataplanePlan, translation: { links } }: Decision,
  { approval, dryRun }: PassRequest,
): void {
  if (!approval || dryRun) return;
  const { expanding = [], contracting = [] } = dataplanePlan ?? {};
  approval.mesh({ expanding, contracting, links });
}

const nothing: PhaseReport = { writes: 0, failures: [] };

/** Ends when the sidecars listen on what was added; a failure keeps Kong on the addresses it has. */
async function expand(
  { dataplane, progress: tell }: PassContext,
  { dataplanePlan }: Decision,
  { dryRun }: PassRequest,
  side: MeshSide,
  signal: AbortSignal,
): Promise<PhaseReport> {
  if (!dataplane || !dataplanePlan) return nothing;
  const { expanding } = dataplanePlan;
  let report = nothing;
  if (!dryRun && (expanding.length > 0 || dataplanePlan.awaiting === true)) {
    tell?.({ step: 'adding outbounds, and waiting for the sidecars to listen' });
    report = await dataplane.expand(dataplanePlan, signal);
    side.writes += report.writes;
  }
  if (report.onlySilent === true || !hasErrors(report.failures)) side.expanded = expanding;
  return report;
}

/**
 * Before Kong: a route with the plugin must find its service the moment Kong has it, while a snapshot
 * without a route that uses it hurts nobody.
 */
async function switchSnapshot(
  { snapshot, clock, settings }: PassContext,
  decision: Decision,
  memory: SnapshotMemory,
  { dryRun, confirmDeletes }: PassRequest,
  signal: AbortSignal,
): Promise<SnapshotSwitched | undefined> {
  if (!snapshot) return undefined;
  const { believed, fromStore } = decision;
  if (dryRun) return { file: snapshot.file, written: false, lasted: false };
  const nowMs = clock.now();
  const lasted = nowMs - (memory.snapshotHeldMs ?? nowMs) >= settings.limits.confirmAfterMs;
  const next = snapshotOf(decision, memory, settings);
  // Old addresses in place of newer ones lead to whoever has the ports by now.
  if (fromStore && memory.found && losesAddresses(memory.found, next)) {
    const { file } = snapshot;
    const held = reconcileErrors.failure('SNAPSHOT_NEWER', { file }, { place: { file } });
    return { file, written: false, held, lasted: false };
  }
  if (!confirmDeletes && !believed && (await losesAll(snapshot, next, settings.limits, signal))) {
    const { file } = snapshot;
    const held = reconcileErrors.failure('SNAPSHOT_EMPTY', { file }, { place: { file } });
    memory.snapshotHeldMs ??= nowMs;
    return { file, written: false, lasted, held };
  }
  const { written } = await snapshot.apply(next, signal);
  delete memory.snapshotHeldMs;
  return { file: snapshot.file, written, lasted };
}

/** Whether an empty catalog would take the place of one with services: no waiting makes that credible. */
async function losesAll(
  snapshot: SnapshotTarget,
  next: Snapshot,
  limits: LossLimits,
  signal: AbortSignal,
): Promise<boolean> {
  const left = next.services.length;
  if (left > 0) return false;
  const before = (await snapshot.read(signal))?.services.length ?? 0;
  return doubtLoss({ lost: before, before, left }, limits) === 'all';
}
