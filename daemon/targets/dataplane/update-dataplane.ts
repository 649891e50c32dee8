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
 * while ours was under way is put back, by a write that is watched in the same way, and what they replaced
 * of ours is written again. What the control plane itself drops is no conflict: the resource of the outcome
 * is without it. Nothing is written without a change.
 *
 * Left open: what others write between our read and the first look is seen by nobody.
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
  let replaced: readonly Replaced[] = [];
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) {
      // Apart from each other, so that two writers do not meet again.
      const pauseMs = firstPauseMs * 2 ** Math.min(attempt, 5) * (0.5 + Math.random());
      await wait(pauseMs, undefined, { signal });
    }
    const current = await api.read(name, signal);
    if (!current) return { outcome: 'missing' };
    const whole = putBack(replaced, current);
    const { resource, changed } = whole ? { resource: whole, changed: true } : edit(current);
    if (!changed) return { outcome: written ? 'written' : 'unchanged', resource: current };
    const { answer, seen } = await writeWatched(api, name, resource, signal);
    if (answer === 'conflict') continue;
    if (answer !== 'stored') {
      // It may have been stored all the same.
      if (seen.length > 0)
        await putBackOnce(api, name, current, seen, signal).catch(() => undefined);
      throw answer.failed;
    }
    written = true;
    const now = await api.read(name, signal);
    if (!now) return { outcome: 'missing' };
    replaced = replacedIn(seen, current, now);
    if (putBack(replaced, now)) continue;
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

interface Watched {
  readonly answer: 'stored' | 'conflict' | { readonly failed: unknown };
  readonly seen: readonly DataplaneResource[];
}

/** @returns what the Dataplane was seen to be while the write was under way. */
async function writeWatched(
  api: DataplaneApi,
  name: string,
  resource: DataplaneResource,
  signal: AbortSignal,
): Promise<Watched> {
  const seen: DataplaneResource[] = [];
  const done = new AbortController();
  const either = AbortSignal.any([done.signal, signal]);
  const watch = async (): Promise<void> => {
    for (;;) {
      await wait(watchEveryMs, undefined, { signal: either });
      // To its end, though the write may be answered first: it may show what the write has replaced.
      const resource = await api.read(name, signal);
      if (resource) seen.push(resource);
    }
  };
  // A look that fails shows nothing; the write tells how it went.
  const watching = watch().catch(() => undefined);
  const answer = await api
    .write(name, resource, signal)
    .catch((error: unknown) => ({ failed: error }));
  done.abort();
  await watching;
  return { answer, seen };
}

/** What somebody wrote to `base`, and a write of ours replaced. */
interface Replaced {
  readonly base: DataplaneResource;
  readonly theirs: DataplaneResource;
}

function replacedIn(
  seen: readonly DataplaneResource[],
  base: DataplaneResource,
  now: DataplaneResource,
): readonly Replaced[] {
  return (
    seen
      // Whoever shows what is there now has seen our own write.
      .filter((theirs) => theirs['modificationTime'] !== now['modificationTime'])
      .map((theirs) => ({ base, theirs }))
  );
}

async function putBackOnce(
  api: DataplaneApi,
  name: string,
  base: DataplaneResource,
  seen: readonly DataplaneResource[],
  signal: AbortSignal,
): Promise<void> {
  const now = await api.read(name, signal);
  const whole = now && putBack(replacedIn(seen, base, now), now);
  if (whole) await api.write(name, whole, signal);
}

/** @returns undefined where nothing of it is missing. */
function putBack(
  replaced: readonly Replaced[],
  now: DataplaneResource,
): DataplaneResource | undefined {
  return replaced.reduce<DataplaneResource | undefined>(
    (merged, { base, theirs }) => mergeLost(base, theirs, merged ?? now) ?? merged,
    undefined,
  );
}
