/** Whether an observation is believed. Pure: time and memory come in as values and go out as values. */
import type { Failure } from '../../catalog/error';
import type { MassDeletionLimits } from '../plan/filters/mass-deletion';
import { doubtLoss } from '../plan/loss';
import type { Observation } from '../sources/source';
import { reconcileErrors } from './errors';

export interface DoubtMemory {
  readonly sinceMs: number;
}

export interface Admission {
  /** The one to go on with: the new one, or the one before it. */
  readonly observation: Observation;
  readonly held?: Failure;
  readonly doubt?: DoubtMemory;
  /** It was doubtful, and was confirmed or lasted: the loss is real. */
  readonly believed: boolean;
}

/**
 * A control plane that lost its store, a filter that matches nothing, a token of another mesh: all
 * of them look like a mesh whose services are gone. Such an observation must last before it counts.
 */
export function guardObservation(
  next: Observation,
  previous: Observation | undefined,
  memory: DoubtMemory | undefined,
  options: {
    readonly limits: MassDeletionLimits;
    readonly confirmed: boolean;
    readonly nowMs: number;
  },
): Admission {
  if (!previous || next === previous) return { observation: next, believed: options.confirmed };
  const { limits } = options;
  const before = previous.services.length;
  const count = next.services.length;
  const lost = before - count;
  const doubt = doubtLoss({ lost, before, left: count }, limits);
  if (!doubt) return { observation: next, believed: options.confirmed };
  const sinceMs = memory?.sinceMs ?? options.nowMs;
  // A resource that could not be understood is no resource that is gone, however long that lasts.
  const understood = next.failures.length === 0;
  const lasted = understood && options.nowMs - sinceMs >= limits.confirmAfterMs;
  // An empty mesh counts once it lasts, but deletes nothing by itself: its loss is never believed.
  if (options.confirmed || lasted) {
    return { observation: next, believed: options.confirmed || doubt === 'share' };
  }
  const confirmAfter = `${Math.round(limits.confirmAfterMs / 1000)} s`;
  return {
    observation: previous,
    believed: false,
    held: reconcileErrors.failure('OBSERVATION_HELD_BACK', { count, before, confirmAfter }),
    doubt: { sinceMs },
  };
}
