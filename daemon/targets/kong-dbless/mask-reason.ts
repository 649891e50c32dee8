import type { KongState } from '../../kong/model';
import { masked, secretValuesOf } from '../../kong/secrets';

/**
 * Kong repeats values in what it says (`with key set to 'dummy'`). Takes every value that is a secret
 * of the state out of a sentence.
 */
export function maskReason(reason: string, state: KongState): string {
  const said = state.entities.flatMap(secretValuesOf).filter((value) => reason.includes(value));
  // The longest first: of a secret that holds another one nothing may be left.
  said.sort((a, b) => b.length - a.length);
  return said.reduce((safe, value) => safe.replaceAll(value, masked), reason);
}
