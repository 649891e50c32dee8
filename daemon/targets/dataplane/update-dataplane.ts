/** Read, modify, write: the only way in which a Dataplane is changed over the API. */
import { setTimeout as wait } from 'node:timers/promises';

import { entityOf } from './check-dataplane';
import type { DataplaneApi, DataplaneResource } from './dataplane-api';
import type { Edited } from './edit-resource';
import { dataplaneErrors } from './errors';

export type Updated =
  | { readonly outcome: 'written' | 'unchanged'; readonly resource: DataplaneResource }
  | { readonly outcome: 'missing' };

/** Conflicts last as long as somebody else's commit: some milliseconds. */
const maxAttempts = 8;
const firstPauseMs = 20;

/**
 * Each attempt starts from a fresh read, right before the write: the API has no precondition, so what
 * others write in between is lost where it does not answer 409. Nothing is written without a change.
 * @throws MeshdError of `edit`, DATAPLANE_CONFLICT after eight attempts, and those of the API.
 */
export async function updateDataplane(
  api: DataplaneApi,
  name: string,
  edit: (resource: DataplaneResource) => Edited,
  signal: AbortSignal,
): Promise<Updated> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) {
      // Apart from each other, so that two writers do not meet again.
      const pauseMs = firstPauseMs * 2 ** Math.min(attempt, 5) * (0.5 + Math.random());
      await wait(pauseMs, undefined, { signal });
    }
    const current = await api.read(name, signal);
    if (!current) return { outcome: 'missing' };
    const { resource, changed } = edit(current);
    if (!changed) return { outcome: 'unchanged', resource: current };
    if ((await api.write(name, resource, signal)) === 'stored') {
      return { outcome: 'written', resource };
    }
  }
  throw dataplaneErrors.error(
    'DATAPLANE_CONFLICT',
    { attempts: maxAttempts },
    { entity: entityOf(name) },
  );
}
