/** Read, modify, write: the only way in which a Dataplane is changed over the API. */
import { setTimeout as wait } from 'node:timers/promises';

import { entityOf } from './check-dataplane';
import type { DataplaneApi, DataplaneResource } from './dataplane-api';
import type { Edited } from './edit-resource';
import { dataplaneErrors } from './errors';
import { lacksFields } from './lacks-fields';
import { mergeLost } from './merge-lost';

export type Updated =
  | { readonly outcome: 'written' | 'unchanged'; readonly resource: DataplaneResource }
  | { readonly outcome: 'missing' };

/** Conflicts last as long as somebody else's commit: some milliseconds. */
const maxAttempts = 8;
const firstPauseMs = 20;

/** A field that is missing once may have met another writer; twice, the control plane takes none such. */
const maxDropped = 2;

/** A write that takes longer is watched: what others write meanwhile would be replaced by it. */
const watchEveryMs = 25;

/**
 * Each attempt starts from a fresh read, right before the write, and ends with another one: the API has
 * no precondition, and answers 409 only to some of the writes that meet. What others were seen to write
 * while ours was under way is put back, and what they replaced of ours is written again. What the control
 * plane itself drops is no conflict: the resource of the outcome is without it. Nothing is written
 * without a change.
 * @throws MeshdError of `edit`, DATAPLANE_CONFLICT after eight attempts, and those of the API.
 */
export async function updateDataplane(
  api: DataplaneApi,
  name: string,
  edit: (resource: DataplaneResource) => Edited,
  signal: AbortSignal,
): Promise<Updated> {
  let written = false;
  let dropped = 0;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) {
      // Apart from each other, so that two writers do not meet again.
      const pauseMs = firstPauseMs * 2 ** Math.min(attempt, 5) * (0.5 + Math.random());
      await wait(pauseMs, undefined, { signal });
    }
    const current = await api.read(name, signal);
    if (!current) return { outcome: 'missing' };
    const { resource, changed } = edit(current);
    if (!changed) return { outcome: written ? 'written' : 'unchanged', resource: current };
    const { stored, seen } = await writeWatched(api, name, resource, signal);
    if (!stored) continue;
    written = true;
    const now = await api.read(name, signal);
    if (!now) return { outcome: 'missing' };
    const lost = mergeSeen(current, seen, now);
    if (lost) {
      await api.write(name, lost, signal);
      continue;
    }
    const again = edit(now);
    dropped = again.changed && lacksFields(again.resource, now) ? dropped + 1 : 0;
    if (!again.changed || dropped === maxDropped) return { outcome: 'written', resource: now };
  }
  throw dataplaneErrors.error(
    'DATAPLANE_CONFLICT',
    { attempts: maxAttempts },
    { entity: entityOf(name) },
  );
}

/** @returns what the Dataplane was seen to be while the write was under way. */
async function writeWatched(
  api: DataplaneApi,
  name: string,
  resource: DataplaneResource,
  signal: AbortSignal,
): Promise<{ readonly stored: boolean; readonly seen: readonly DataplaneResource[] }> {
  const seen: DataplaneResource[] = [];
  const done = new AbortController();
  const either = AbortSignal.any([done.signal, signal]);
  const watch = async (): Promise<void> => {
    for (;;) {
      await wait(watchEveryMs, undefined, { signal: either });
      const resource = await api.read(name, either);
      if (resource) seen.push(resource);
    }
  };
  // A look that fails shows nothing; the write tells how it went.
  const watching = watch().catch(() => undefined);
  try {
    return { stored: (await api.write(name, resource, signal)) === 'stored', seen };
  } finally {
    done.abort();
    await watching;
  }
}

function mergeSeen(
  base: DataplaneResource,
  seen: readonly DataplaneResource[],
  now: DataplaneResource,
): DataplaneResource | undefined {
  // Whoever shows what is there now has seen our own write.
  const theirs = seen.filter(
    (resource) => resource['modificationTime'] !== now['modificationTime'],
  );
  return theirs.reduce<DataplaneResource | undefined>(
    (merged, resource) => mergeLost(base, resource, merged ?? now) ?? merged,
    undefined,
  );
}
