/**
 * The pass: observe → translate → expand → switch → contract, and nothing else changes anything.
 *
 * No request ever meets an address that is not there yet: the mesh side grows first. None meets one
 * that is not there any more: what nothing points at goes last. A failure in a phase stops the later
 * ones; the next pass starts over from what it observes. There is no other state to repair.
 */
import type { Failure } from '../../catalog/error';
import { MeshdError } from '../../catalog/error';
import type { KongFiles } from '../config/kong-files';
import type { Policy } from '../plan/policy';
import type { Source } from '../sources/source';
import type { DataplaneTarget } from '../targets/dataplane/dataplane-target';
import type { SnapshotTarget } from '../targets/snapshot/snapshot-target';
import type { KongTarget } from '../targets/target';
import type { TranslateRules } from '../translate/rules';
import type { Clock } from './clock';
import { decide, type Decision, type DecideMemory } from './decide';
import type { DoubtLimits } from './doubt';
import { reconcileErrors } from './errors';
import { IncompleteConfig, observe, type Inputs, type ObserveMemory } from './observe';
import { emptyPlan, outcomeOf, type PassReport } from './report';
import { switchOver, type SwitchMemory, type Switched } from './switch-over';

/** What a pass works with. Every target is optional. */
export interface PassContext {
  readonly source: Source;
  readonly kongFiles?: KongFiles | undefined;
  readonly kong?: KongTarget | undefined;
  readonly snapshot?: SnapshotTarget | undefined;
  readonly dataplane?: DataplaneTarget | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: PassSettings;
  readonly clock: Clock;
}

export interface PassSettings {
  readonly environment: 'universal' | 'kubernetes';
  /** Overrides what the Dataplane says. */
  readonly transparentProxy?: boolean | undefined;
  readonly rules: TranslateRules;
  readonly policy: Policy;
  readonly limits: DoubtLimits;
  /** How often the targets are asked whether they still hold what was applied, in ms. */
  readonly probeMs: number;
}

/** What one pass leaves for the next: only a saving of work, never a truth of its own. */
export interface PassMemory extends ObserveMemory, DecideMemory, SwitchMemory {
  last?: PassReport;
}

export interface PassRequest {
  /** Plan only: nothing is written anywhere. */
  readonly dryRun: boolean;
  /** The user vouches for deletions that the guard would hold back. */
  readonly confirmDeletes: boolean;
}

/** Total: whatever happens ends up in the report. Aborted by the signal it reports `failed`. */
export async function runPass(
  context: PassContext,
  memory: PassMemory,
  request: PassRequest,
  signal: AbortSignal,
): Promise<PassReport> {
  const startedAt = context.clock.now();
  const progress: Progress = { failures: [] };
  try {
    const inputs = await observe(observeOptions(context, request), memory, signal);
    progress.failures.push(...inputs.failures);
    if (await nothingToDo(context, memory, inputs, signal)) {
      return repeat(memory, inputs, context.clock.now() - startedAt);
    }
    const decision = decide(inputs, context, memory);
    progress.decision = decision;
    progress.failures.push(...decision.failures);

    if (!decision.blocked) {
      await expand(context, decision, request, progress, signal);
      progress.switched = await switchOver(context, decision, memory, request, signal);
      progress.failures.push(...progress.switched.failures);
      await contract(context, decision, request, progress, signal);
    }
  } catch (error) {
    progress.failed = true;
    progress.failures.push(...asFailures(error));
  }
  const report = reportOf(progress, context.clock.now() - startedAt);
  if (!request.dryRun) memory.last = report;
  return report;
}

interface Progress {
  readonly failures: Failure[];
  decision?: Decision;
  switched?: Switched;
  writes?: number;
  failed?: boolean;
}

/** Ends when the sidecars listen on what was added; a failure keeps Kong on the addresses it has. */
async function expand(
  { dataplane }: PassContext,
  { dataplanePlan }: Decision,
  { dryRun }: PassRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (!dataplane || !dataplanePlan || dryRun || dataplanePlan.expanding.length === 0) return;
  const report = await dataplane.expand(dataplanePlan, signal);
  progress.writes = report.writes;
  progress.failures.push(...report.failures);
  if (report.failures.some(({ severity }) => severity === 'error')) throw new PhaseStopped();
}

/** Only after a whole switch: while something still uses an old address, it stays. */
async function contract(
  { dataplane }: PassContext,
  { dataplanePlan }: Decision,
  { dryRun }: PassRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (!dataplane || !dataplanePlan || dryRun || dataplanePlan.contracting.length === 0) return;
  if (progress.switched?.complete !== true) return;
  const report = await dataplane.contract(dataplanePlan, signal);
  progress.writes = (progress.writes ?? 0) + report.writes;
  progress.failures.push(...report.failures);
}

/** A phase reported its failures and the later ones must not run. */
class PhaseStopped extends Error {}

/** Same inputs, all applied, and the targets still hold it: by far the most frequent pass. */
async function nothingToDo(
  { kong, snapshot, clock, settings }: PassContext,
  memory: PassMemory,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<boolean> {
  if (!inputs.unchanged || memory.settled !== true || !memory.last) return false;
  const nowMs = clock.now();
  if (nowMs < (memory.nextProbeMs ?? 0)) return true;
  memory.nextProbeMs = nowMs + settings.probeMs;
  const states = await Promise.all([kong?.probe(signal), snapshot?.probe(signal)]);
  if (states.every((state) => state === undefined || state === 'same')) return true;
  memory.drifted = true;
  return false;
}

function repeat(memory: PassMemory, inputs: Inputs, durationMs: number): PassReport {
  const last = memory.last;
  if (!last) throw new Error('a pass can only be repeated after one that settled');
  const lasting = last.failures.filter(({ code }) => !inputs.failures.some((f) => f.code === code));
  return {
    ...last,
    outcome: 'unchanged',
    kong: last.kong && { ...last.kong, plan: emptyPlan, writes: 0 },
    snapshot: last.snapshot && { ...last.snapshot, written: false },
    dataplane: { expanded: [], contracted: [] },
    failures: [...inputs.failures, ...lasting],
    durationMs,
  };
}

function reportOf(progress: Progress, durationMs: number): PassReport {
  const { decision, switched, failures } = progress;
  const failed = progress.failed === true || decision?.blocked === true;
  const expanded = decision?.dataplanePlan?.expanding ?? [];
  const contracted = decision?.dataplanePlan?.contracting ?? [];
  return {
    outcome: outcomeOf({
      failed,
      held: switched?.held ?? false,
      refused: switched?.refused ?? false,
      writes: (progress.writes ?? 0) + (switched?.writes ?? 0),
    }),
    services: decision?.catalog.services.length ?? 0,
    catalogHash: decision?.catalog.hash ?? '',
    kong: switched?.kong ?? null,
    snapshot: switched?.snapshot ?? null,
    dataplane: { expanded, contracted },
    failures,
    links: decision?.translation.links ?? [],
    durationMs,
  };
}

export function observeOptions(context: PassContext, request: PassRequest) {
  const { source, kongFiles, env, settings, clock } = context;
  return {
    source,
    kongFiles,
    env,
    ownerTag: settings.rules.ownerTag,
    limits: settings.limits,
    confirmed: request.confirmDeletes,
    nowMs: clock.now(),
  };
}

function asFailures(error: unknown): readonly Failure[] {
  if (error instanceof PhaseStopped) return [];
  if (error instanceof IncompleteConfig) return error.failures;
  if (error instanceof MeshdError) return [error.toFailure()];
  const cause = error instanceof Error ? error.message : String(error);
  return [reconcileErrors.failure('PASS_FAILED', { cause })];
}
