/** The switch phase: the plugin's snapshot first, then Kong. */
import type { Failure } from '../../catalog/error';
import { toSnapshot } from '../../catalog/snapshot';
import { leadsOf } from '../translate/kept-services';
import { addressesOf, type DecideMemory, type Decision } from './decide';
import type { PassContext, PassRequest } from './context';
import type { PassReport } from './report';
import { switchKong, type KongMemory } from './switch-kong';

export interface SwitchMemory extends DecideMemory, KongMemory {
  /** Since when the snapshot waits because the catalog is empty, by the clock of the pass. */
  snapshotHeldMs?: number;
  /** Everything that was decided is live, or was refused and reported. */
  settled?: boolean;
  /** When it is tried again what was refused, by the clock of the pass. */
  retryRefusedMs?: number;
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

/** What was refused is refused again as a rule; a target may know better and send nothing. */
const retryRefusedAfterMs = 30_000;

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
  // A catalog in doubt must not turn links into refusals either.
  const inDoubt = snapshot?.held !== undefined;
  const kong =
    context.kong && !inDoubt
      ? await switchKong(context.kong, context, decision, memory, request, signal)
      : undefined;
  if (!inDoubt) {
    memory.addresses = addressesOf(decision.translation);
    memory.leads = keepLeads(memory, decision);
  }
  memory.drifted = false;
  // What was refused will be refused again: until an input or a time changes there is nothing to do.
  memory.settled = !request.dryRun && kong?.held !== true && !snapshot?.held;
  if (kong?.refused === true) memory.retryRefusedMs = context.clock.now() + retryRefusedAfterMs;
  else delete memory.retryRefusedMs;
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

/** Of services that have no link any more only while Kong still has them. */
function keepLeads(
  { leads = new Map(), kongState }: KongMemory,
  { translation }: Decision,
): ReadonlyMap<string, string> {
  const present = leadsOf(translation);
  const held = new Set(kongState?.entities.map(({ id }) => id));
  const gone = [...leads].filter(([id]) => !present.has(id) && held.has(id));
  return new Map([...gone, ...present]);
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
