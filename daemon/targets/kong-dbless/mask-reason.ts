import type { KongState } from '../../kong/model';
import { masked, secretValuesOf } from '../../kong/secrets';

/**
 * Kong repeats values in what it says (`with key set to 'dummy'`). Takes every value that is a secret
 * of the state out of a sentence.
 */
export function maskReason(reason: string, state: KongState): string {
  let safe = reason;
  for (const entity of state.entities) {
    for (const value of secretValuesOf(entity)) {
      if (safe.includes(value)) safe = safe.replaceAll(value, masked);
    }
  }
  return safe;
}
