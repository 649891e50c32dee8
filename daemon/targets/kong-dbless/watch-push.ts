/** A push may take minutes, and its answer may be lost: the node's status tells which of the two it is. */
import type { KongClient } from '../kong-http/client';
import { pause } from '../kong-http/deadline';
import { onAbort } from '../kong-http/on-abort';
import { readConfigurationHash } from './node-status';

/**
 * Waits for the answer to a push, and looks at the node meanwhile.
 * @param push sends it; ends when its signal aborts.
 * @param everyMs between two looks.
 * @returns what `push` gives; undefined where its answer never came and the node shows the hash.
 * @throws what `push` throws, or what a look throws: a node that does not say how it is, is not waited for.
 */
export async function watchPush<T>(
  client: KongClient,
  push: (signal: AbortSignal) => Promise<T>,
  { hash, everyMs }: { readonly hash: string; readonly everyMs: number },
  signal: AbortSignal,
): Promise<T | undefined> {
  const over = new AbortController();
  const release = onAbort(signal, (reason) => over.abort(reason));
  const answer = push(over.signal);
  const looks = lookUntil(client, hash, everyMs, over.signal);
  try {
    return await Promise.race([answer, looks]);
  } finally {
    release();
    // Whichever lost the race ends with the signal, and nobody asks it any more.
    answer.catch(() => undefined);
    looks.catch(() => undefined);
    over.abort(new Error('the push is over'));
  }
}

async function lookUntil(
  client: KongClient,
  expected: string,
  everyMs: number,
  signal: AbortSignal,
): Promise<undefined> {
  for (;;) {
    await pause(everyMs, signal);
    const { hash } = await readConfigurationHash(client, signal);
    if (hash === expected) return undefined;
  }
}
