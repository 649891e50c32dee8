/** Whether the targets still hold what was applied: on every pass where that costs next to nothing. */
import { withDeadline } from '../sources/kuma/deadline';
import type { PassContext } from './context';
import { reconcileErrors } from './errors';
import type { KongMemory } from './switch-kong';

export interface ProbeMemory extends KongMemory {
  /** When Kong is asked next where asking is not light, by the clock of the pass. */
  nextProbeMs?: number;
}

/** One small request; a Kong that lists everything for it gets longer. */
const lightProbeMs = 5_000;
const fullProbeMs = 30_000;

/** The file is on this host: this waits for nobody. A file that cannot be looked at is written anew. */
export async function holdsSnapshot(
  { snapshot }: PassContext,
  signal: AbortSignal,
): Promise<boolean> {
  if (!snapshot) return true;
  try {
    return (await snapshot.probe(signal)) === 'same';
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * Whether Kong still holds what was applied, as far as it is known: where asking costs more than one
 * small request, it is asked only when it is time to.
 * @throws MeshdError where Kong does not answer: then nobody knows, and it is read before anything is
 *   concluded about it.
 */
export async function holdsKong(
  { kong, clock, settings }: PassContext,
  memory: ProbeMemory,
  signal: AbortSignal,
): Promise<boolean> {
  const nowMs = clock.now();
  const due = memory.nextProbeMs !== undefined && nowMs >= memory.nextProbeMs;
  if (memory.nextProbeMs === undefined || due) memory.nextProbeMs = nowMs + settings.probeMs;
  const isLight = kong?.probesLightly === true;
  if (!kong || memory.drifted === true || !(due || isLight)) return memory.drifted !== true;
  const limitMs = isLight ? lightProbeMs : fullProbeMs;
  const late = () =>
    reconcileErrors.error('KONG_SILENT', { target: kong.name, seconds: limitMs / 1000 });
  // Until it has answered nobody knows what it holds.
  memory.drifted = true;
  const state = await withDeadline(signal, limitMs, late, (bounded) => kong.probe(bounded));
  memory.drifted = state !== 'same';
  return !memory.drifted;
}
