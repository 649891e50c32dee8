/** Whether an observation is believed. Pure: time and memory come in as values and go out as values. */
import type { Failure } from '../../catalog/error';
import type { Observation } from '../sources/source';
import { reconcileErrors } from './errors';

export interface DoubtLimits {
  /** Losing more than this share of the services at once is doubtful, 0 to 1. */
  readonly share: number;
  /** Losing up to so many never is. */
  readonly atLeast: number;
  /** A doubtful observation that lasts this long is believed, in ms. */
  readonly confirmAfterMs: number;
}

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
export function admitObservation(
  next: Observation,
  previous: Observation | undefined,
  memory: DoubtMemory | undefined,
  options: { readonly limits: DoubtLimits; readonly confirmed: boolean; readonly nowMs: number },
): Admission {
  if (!previous || next === previous) return { observation: next, believed: options.confirmed };
  const { share, atLeast, confirmAfterMs } = options.limits;
  const before = previous.services.length;
  const count = next.services.length;
  const lost = before - count;
  const doubtful = lost > 0 && (count === 0 || (lost > atLeast && lost > share * before));
  if (!doubtful) return { observation: next, believed: options.confirmed };
  const sinceMs = memory?.sinceMs ?? options.nowMs;
  // A resource that could not be understood is no resource that is gone, however long that lasts.
  const understood = next.failures.length === 0;
  const lasted = understood && options.nowMs - sinceMs >= confirmAfterMs;
  if (options.confirmed || lasted) return { observation: next, believed: true };
  const confirmAfter = `${Math.round(confirmAfterMs / 1000)} s`;
  return {
    observation: previous,
    believed: false,
    held: reconcileErrors.failure('OBSERVATION_HELD_BACK', { count, before, confirmAfter }),
    doubt: { sinceMs },
  };
}
