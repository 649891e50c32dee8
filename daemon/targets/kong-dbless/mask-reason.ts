import { entityKinds } from '../../kong/kinds';
import type { Json, KongState, Path } from '../../kong/model';

/**
 * Kong repeats values in what it says (`with key set to 'dummy'`). Takes every value that is a secret
 * of the state out of a sentence.
 */
export function maskReason(reason: string, state: KongState): string {
  let masked = reason;
  for (const { type, fields, secrets } of state.entities) {
    for (const path of [...secrets, ...entityKinds[type].secrets]) {
      const value = valueAt(fields, path);
      if (typeof value !== 'string' || value === '') continue;
      if (masked.includes(value)) masked = masked.replaceAll(value, '[masked]');
    }
  }
  return masked;
}

function valueAt(fields: Json, path: Path): Json | undefined {
  let at: Json | undefined = fields;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string | number, Json>>)[step];
  }
  return at;
}
