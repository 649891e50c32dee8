/** Kong's half of a pass: whether it still holds what was applied, and what it gets. */
import type { Failure } from '../../catalog/error';
import { leadsOf } from '../translate/kept-services';
import type { PassContext, PassRequest } from './context';
import { addressesOf, type DecideMemory, type Decision } from './decide';
import { noteWritten } from './kong-places';
import { holdsKong, type ProbeMemory } from './probe-targets';
import type { PassReport } from './report';
import { switchKong, type KongMemory } from './switch-kong';

export interface SwitchMemory extends DecideMemory, ProbeMemory {
  /** Everything that was decided is live, or was refused or held back and reported. */
  settled?: boolean;
  /** When it is tried again what was refused or held back, by the clock of the pass. */
  retryMs?: number;
  /** What was found when Kong was last gone through: it stands until that is done again. */
  kongFindings?: readonly Failure[];
}

export interface Switched extends Pick<PassReport, 'kong'> {
  readonly writes: number;
  readonly failures: readonly Failure[];
  readonly held: boolean;
  readonly refused: boolean;
  /**
   * All of it is live: nothing of ours points at an old address any more. What was never applied may
   * stay for good, and holds the ports that it points at itself.
   */
  readonly complete: boolean;
}

/** What was refused is refused again as a rule; a target may know better and send nothing. */
const retryRefusedAfterMs = 30_000;
/** What is held back is let go by a word or by another input; a short time may also do it. */
const retryHeldAfterMs = 10_000;

/** @param firstTime nothing was applied yet that Kong might have lost. */
export async function switchOver(
  context: PassContext,
  decision: Decision,
  memory: SwitchMemory,
  request: PassRequest,
  firstTime: boolean,
  signal: AbortSignal,
): Promise<Switched> {
  const { kong: target, clock, settings } = context;
  if (target && !firstTime) await holdsKong(context, memory, signal);
  const kong = target && (await switchKong(target, context, decision, memory, request, signal));
  if (kong && kong.writes > 0) {
    noteWritten(context, memory, kong.plan);
    // What Kong led to before may be taken away by the next pass.
    if (context.dataplane) memory.unsettled = true;
  }
  memory.addresses = addressesOf(decision.translation);
  memory.leads = keepLeads(memory, decision);
  memory.kongFindings = kong?.failures ?? [];
  memory.drifted = false;
  memory.nextProbeMs ??= clock.now() + settings.probeMs;
  const { held: waiting = [], holds = [], refused = false } = kong ?? {};
  const held = holds.length > 0;
  // Until an input or a time changes there is nothing to do about what was held back or refused.
  memory.settled = !request.dryRun;
  const settlesInMs = decision.settlesInMs > 0 ? decision.settlesInMs : retryHeldAfterMs;
  const retryAfterMs = held ? settlesInMs : retryRefusedAfterMs;
  if (held || refused) memory.retryMs = clock.now() + retryAfterMs;
  else delete memory.retryMs;
  return {
    kong: kong
      ? {
          ...{ target: target.name, plan: kong.plan, writes: kong.writes, held: waiting, holds },
          ...(kong.names ? { names: kong.names } : {}),
        }
      : null,
    writes: kong?.writes ?? 0,
    failures: kong?.failures ?? [],
    held,
    refused,
    complete:
      !refused && !request.dryRun && holds.every(({ reason }) => reason === 'never-applied'),
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
