/** The switch phase: the plugin's snapshot first, then Kong. */
import type { Failure } from '../../catalog/error';
import { toSnapshot } from '../../catalog/snapshot';
import type { KongState } from '../kong/model';
import { applyPlan } from '../plan/apply-plan';
import type { Plan } from '../plan/change';
import { diff } from '../plan/diff';
import { guardDeletions, type GuardMemory } from '../plan/guard';
import { filterByPolicy } from '../plan/policy';
import type { KongTarget } from '../targets/target';
import { addressesOf, type DecideMemory, type Decision } from './decide';
import type { PassContext, PassRequest } from './pass';
import { emptyPlan, type PassReport } from './report';

export interface SwitchMemory extends DecideMemory {
  /** What Kong holds, as far as known: saves reading it on every pass. */
  kongState?: KongState;
  /** What of Kong's configuration is no entity, as it was pushed last. */
  passthrough?: string;
  guard?: GuardMemory;
  /** Since when the snapshot waits because the catalog is empty, by the clock of the pass. */
  snapshotHeldMs?: number;
  /** Everything that was decided is live, or was refused and reported. */
  settled?: boolean;
  /** A probe found a target changed behind our back. */
  drifted?: boolean;
  nextProbeMs?: number;
}

export interface Switched extends Pick<PassReport, 'kong' | 'snapshot'> {
  readonly writes: number;
  readonly failures: readonly Failure[];
  readonly held: boolean;
  readonly refused: boolean;
  /** All of it is live: nothing points at an old address any more. */
  readonly complete: boolean;
}

/**
 * The snapshot goes first: a route with the plugin must find its service the moment Kong has it,
 * while a snapshot without a route that uses it hurts nobody.
 */
export async function switchOver(
  context: PassContext,
  decision: Decision,
  memory: SwitchMemory,
  request: PassRequest,
  signal: AbortSignal,
): Promise<Switched> {
  const snapshot = await switchSnapshot(context, decision, memory, request, signal);
  const kong = context.kong
    ? await switchKong(context.kong, context, decision, memory, request, signal)
    : undefined;
  memory.addresses = addressesOf(decision.translation);
  memory.drifted = false;
  // What was refused will be refused again: until an input changes there is nothing to do.
  memory.settled = !request.dryRun && kong?.held !== true && !snapshot?.held;
  const writes = (kong?.writes ?? 0) + (snapshot?.written === true ? 1 : 0);
  const refused = kong?.refused ?? false;
  const held = kong?.held === true || snapshot?.held !== undefined;
  return {
    snapshot: snapshot ? { file: snapshot.file, written: snapshot.written } : null,
    kong:
      kong && context.kong
        ? { target: context.kong.name, plan: kong.plan, writes: kong.writes }
        : null,
    writes,
    failures: [...(snapshot?.held ? [snapshot.held] : []), ...(kong?.failures ?? [])],
    held,
    refused,
    complete: !refused && !held && !request.dryRun,
  };
}

type SnapshotSwitched = NonNullable<PassReport['snapshot']> & { readonly held?: Failure };

async function switchSnapshot(
  { snapshot, clock, settings }: PassContext,
  { catalog, believed }: Decision,
  memory: SwitchMemory,
  { dryRun, confirmDeletes }: PassRequest,
  signal: AbortSignal,
): Promise<SnapshotSwitched | undefined> {
  if (!snapshot) return undefined;
  if (dryRun) return { file: snapshot.file, written: false };
  const nowMs = clock.now();
  const lasted = nowMs - (memory.snapshotHeldMs ?? nowMs) >= settings.limits.confirmAfterMs;
  const word = { confirmed: confirmDeletes || believed || lasted };
  const { written, held } = await snapshot.apply(toSnapshot(catalog), word, signal);
  if (held) memory.snapshotHeldMs ??= nowMs;
  else delete memory.snapshotHeldMs;
  return { file: snapshot.file, written, ...(held ? { held } : {}) };
}

interface KongSwitched {
  readonly plan: Plan;
  readonly writes: number;
  readonly failures: readonly Failure[];
  readonly held: boolean;
  readonly refused: boolean;
}

async function switchKong(
  target: KongTarget,
  { settings, clock }: PassContext,
  { catalog, translation }: Decision,
  memory: SwitchMemory,
  request: PassRequest,
  signal: AbortSignal,
): Promise<KongSwitched> {
  if (memory.drifted === true) delete memory.kongState;
  const current = memory.kongState ?? (await target.read(signal));
  const desired = await target.canonicalise(translation.desired, signal);
  const allowed = filterByPolicy(diff(current, desired), settings.policy);
  const verdict = guardDeletions(
    {
      plan: allowed.plan,
      owned: current.entities.length,
      observedNothing: catalog.services.length === 0,
      desiresNothing: desired.entities.length === 0,
      confirmed: request.confirmDeletes,
      nowMs: clock.now(),
      memory: memory.guard,
    },
    {
      share: settings.limits.share,
      count: settings.limits.atLeast,
      ageMs: settings.limits.confirmAfterMs,
    },
  );
  if (verdict.held) memory.guard = verdict.memory;
  else delete memory.guard;
  const held = verdict.held ? [verdict.failure] : [];
  const { plan } = verdict.filtered;
  const passthrough = JSON.stringify(desired.passthrough);
  const nothingNew = plan.changes.length === 0 && memory.passthrough === passthrough;
  if (request.dryRun || (nothingNew && memory.kongState)) {
    return { plan, writes: 0, failures: held, held: verdict.held, refused: false };
  }
  // What policy or guard held back stays in what is pushed: a whole document has no other way.
  const whole = allowed.held.length + verdict.filtered.held.length === 0;
  const pushed = whole ? desired : { ...desired, entities: applyPlan(current, plan).entities };
  // Where this does not end well, nobody knows what Kong took: the next pass reads it.
  delete memory.kongState;
  const report = await target.apply(plan, pushed, signal);
  memory.kongState = report.state;
  memory.passthrough = passthrough;
  return {
    plan: report.applied.changes.length > 0 ? report.applied : emptyPlan,
    writes: report.writes,
    failures: [...held, ...report.failures],
    held: verdict.held,
    refused: report.failures.some(({ severity }) => severity === 'error'),
  };
}
