/** A list that a watch keeps up to date. */
import type { MeshdError } from '../../catalog/error';
import type { ApiClient } from './api-client';
import { hasCode } from './api-error';
import { listResources, type Collection } from './list-resources';
import { watchResources } from './watch-resources';

export interface CacheOptions<T> {
  readonly client: ApiClient;
  readonly collection: Collection;
  /** What is kept of an object; undefined: nothing. */
  readonly map: (object: unknown) => T | undefined;
  /** Something was added, changed or removed, or the state changed. Many calls may come at once. */
  readonly onChange: () => void;
  readonly timing?: Partial<CacheTiming>;
  readonly now?: () => number;
}

export interface CacheTiming {
  /** How long a watch may be silent: a little more than the minute between bookmarks. */
  readonly idleMs: number;
  /** When a watch is opened anew in any case; spread, so that not all end at once. */
  readonly watchMs: number;
  /** The first wait after a failure; doubles up to `maxBackoffMs`. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A watch that ends sooner counts as a failure, so that one that dies at once is no busy loop. */
  readonly shortWatchMs: number;
}

export const defaultTiming: CacheTiming = {
  idleMs: 75_000,
  watchMs: 240_000,
  minBackoffMs: 100,
  maxBackoffMs: 10_000,
  shortWatchMs: 1000,
};

export type CacheState =
  /** Nothing is known yet; `failure` tells why, after the first try. */
  | { readonly phase: 'waiting'; readonly failures: number; readonly failure?: MeshdError }
  /** Complete, and a watch is open. */
  | { readonly phase: 'live' }
  /** Complete as of a while ago: the watch is lost and could not be opened again yet. */
  | { readonly phase: 'lost'; readonly sinceMs: number; readonly failure?: MeshdError };

export interface ResourceCache<T> {
  readonly items: ReadonlyMap<string, T>;
  /** Rises with each change of the items. */
  readonly revision: number;
  state(): CacheState;
  /** Lists and watches until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export function createResourceCache<T>(options: CacheOptions<T>): ResourceCache<T> {
  const { client, collection, map, onChange, now = () => performance.now() } = options;
  const timing = { ...defaultTiming, ...options.timing };
  let items = new Map<string, T>();
  let version: string | undefined;
  let revision = 0;
  let state: CacheState = { phase: 'waiting', failures: 0 };

  function set(next: CacheState): void {
    state = next;
    onChange();
  }

  async function list(signal: AbortSignal): Promise<string> {
    const keyed = (object: unknown): readonly [string, T | undefined] => [
      keyOf(object),
      map(object),
    ];
    const listed = await listResources(client, collection, keyed, signal);
    // At once, so that nobody sees a list that is half the old one.
    items = new Map(
      listed.items.flatMap(([key, item]) => (item === undefined ? [] : [[key, item]])),
    );
    revision += 1;
    set({ phase: 'live' });
    return listed.version;
  }

  async function watch(from: string, signal: AbortSignal): Promise<void> {
    const spread = 0.8 + Math.random() * 0.4;
    await watchResources(
      client,
      collection,
      {
        version: from,
        idleMs: timing.idleMs,
        timeoutSeconds: Math.max(1, Math.round((timing.watchMs * spread) / 1000)),
        onOpen: () => {
          if (state.phase !== 'live') set({ phase: 'live' });
        },
      },
      {
        changed(object) {
          const key = keyOf(object);
          const item = map(object);
          // Most changes of an object (heartbeats, counters) are of nothing that is kept of it.
          if (JSON.stringify(item) === JSON.stringify(items.get(key))) return;
          if (item === undefined) items.delete(key);
          else items.set(key, item);
          revision += 1;
          onChange();
        },
        deleted(object) {
          if (!items.delete(keyOf(object))) return;
          revision += 1;
          onChange();
        },
        reached(reached) {
          version = reached;
        },
      },
      signal,
    );
  }

  function lose(failure: MeshdError | undefined, failures: number): void {
    if (state.phase === 'waiting') {
      set({ phase: 'waiting', failures, ...(failure ? { failure } : {}) });
      return;
    }
    const sinceMs = state.phase === 'lost' ? state.sinceMs : now();
    set({ phase: 'lost', sinceMs, ...(failure ? { failure } : {}) });
  }

  return {
    get items() {
      return items;
    },
    get revision() {
      return revision;
    },
    state: () => state,
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        const startedMs = now();
        try {
          version ??= await list(signal);
          await watch(version, signal);
          failures = now() - startedMs < timing.shortWatchMs ? failures + 1 : 0;
        } catch (error) {
          if (hasEnded(signal)) return;
          // One that lasted and then broke is a fresh start; one that breaks again and again is not.
          failures = now() - startedMs < timing.shortWatchMs ? failures + 1 : 1;
          if (hasCode(error, 'K8S_EXPIRED')) version = undefined;
          else lose(error as MeshdError, failures);
        }
        await pause(backoffMs(failures, timing), signal);
      }
    },
  };
}

/** Asked anew after each wait, which the compiler does not know of. */
function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** `namespace/name`, or the name of what has no namespace. */
export function keyOf(object: unknown): string {
  const { metadata } = (object ?? {}) as {
    readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown } | null;
  };
  const name = typeof metadata?.name === 'string' ? metadata.name : '';
  return typeof metadata?.namespace === 'string' ? `${metadata.namespace}/${name}` : name;
}

function backoffMs(failures: number, { minBackoffMs, maxBackoffMs }: CacheTiming): number {
  if (failures === 0) return 0;
  const full = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures - 1, 20));
  return full * (0.75 + Math.random() / 4);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    signal.addEventListener('abort', done, { once: true });
  });
}
