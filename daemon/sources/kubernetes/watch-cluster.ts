/** A cluster under watch: one cache for each collection, and one word on whether they are whole. */
import type { Failure, MeshdError } from '../../../catalog/error';
import type { ApiClient } from '../../kubernetes-client/api-client';
import {
  createResourceCache,
  type CacheTiming,
  type ResourceCache,
} from '../../kubernetes-client/resource-cache';
import { shareSignal } from '../../kubernetes-client/shared-signal';
import type { ClusterFacts } from './cluster-facts';
import { collectFacts, type KindRead } from './collect-facts';
import { presentKinds } from './present-kinds';
import { collectionsOf, type Scope } from './scope';
import { kindNames, watchedKinds, type Kept, type KindName } from './watched-kinds';

export interface ClusterWatchOptions {
  readonly client: ApiClient;
  readonly scope: Scope;
  readonly timing?: Partial<CacheTiming> | undefined;
  /** How often it is asked which CRDs are installed, in ms. */
  readonly discoverMs?: number | undefined;
  readonly onChange: () => void;
  readonly now?: () => number;
}

export type ClusterState =
  | { readonly phase: 'waiting'; readonly failures: number; readonly failure?: MeshdError }
  | { readonly phase: 'live' }
  | { readonly phase: 'lost'; readonly sinceMs: number; readonly failure?: MeshdError };

export interface ClusterWatch {
  state(): ClusterState;
  /** What the caches hold; whole only where the state is not `waiting`. */
  facts(): ClusterFacts;
  /** Until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

type Cache = ResourceCache<Kept<unknown>>;

interface WatchedCaches {
  readonly version: string;
  readonly caches: readonly Cache[];
  /** What they held when they were read last. */
  last?: { readonly revisions: string; readonly kept: readonly Kept<unknown>[] };
  stop(): void;
}

const defaultDiscoverMs = 60_000;
const firstRetryMs = 100;

export function watchCluster(options: ClusterWatchOptions): ClusterWatch {
  const { client, scope, onChange, now = () => performance.now() } = options;
  const { discoverMs = defaultDiscoverMs } = options;
  const watched = new Map<KindName, WatchedCaches>();
  let unreadable: readonly Failure[] = [];
  let discovery: { readonly failures: number; readonly failure?: MeshdError } | 'done' = {
    failures: 0,
  };

  function start(kind: KindName, version: string, signal: AbortSignal): void {
    const shared = shareSignal(signal);
    const caches = collectionsOf(watchedKinds[kind], version, scope).map((collection) =>
      createResourceCache<Kept<unknown>>({
        ...{ client, collection, onChange, now },
        map: watchedKinds[kind].map,
        ...(options.timing ? { timing: options.timing } : {}),
      }),
    );
    for (const cache of caches) void cache.run(shared.signal);
    watched.set(kind, {
      version,
      caches,
      stop() {
        shared.end(new Error('the kind is gone'));
      },
    });
  }

  async function discover(signal: AbortSignal): Promise<void> {
    const present = await presentKinds(client, signal);
    for (const kind of kindNames) {
      const known = watched.get(kind);
      const version = present.versions.get(kind);
      if (version === known?.version) continue;
      if (known) {
        known.stop();
        watched.delete(kind);
        onChange();
      }
      if (version !== undefined) start(kind, version, signal);
    }
    if (JSON.stringify(unreadable) !== JSON.stringify(present.failures)) onChange();
    unreadable = present.failures;
    if (discovery === 'done') return;
    discovery = 'done';
    onChange();
  }

  function caches(kind: KindName): readonly Cache[] {
    return watched.get(kind)?.caches ?? [];
  }

  function kindRead(kind: KindName): KindRead {
    if (!watched.has(kind)) return { state: 'absent' };
    const problem = caches(kind).map(problemOf).find(Boolean);
    if (problem && watchedKinds[kind].need === 'diagnosis') {
      return { state: 'unread', failure: problem.toFailure() };
    }
    return { state: 'read', kept: keptOf(watched.get(kind)) as readonly Kept<never>[] };
  }

  return {
    facts: () => collectFacts(kindRead, scope, unreadable),
    state() {
      if (discovery !== 'done') return { phase: 'waiting', ...discovery };
      return worst(
        kindNames.flatMap((kind) =>
          caches(kind).flatMap((cache): readonly ClusterState[] =>
            isWaitedFor(kind, cache) ? [cache.state()] : [],
          ),
        ),
      );
    },
    async run(signal) {
      while (!hasEnded(signal)) {
        try {
          await discover(signal);
        } catch (error) {
          if (hasEnded(signal)) return;
          if (discovery !== 'done') {
            discovery = { failures: discovery.failures + 1, failure: error as MeshdError };
            onChange();
          }
        }
        const retryMs =
          discovery === 'done'
            ? discoverMs
            : Math.min(discoverMs, firstRetryMs * 2 ** Math.min(discovery.failures, 5));
        await pause(retryMs, signal);
      }
    },
  };
}

/** The very same list as long as nothing changed: whoever made something of it has it still. */
function keptOf(watched: WatchedCaches | undefined): readonly Kept<unknown>[] {
  if (!watched) return [];
  const revisions = watched.caches.map(({ revision }) => revision).join(' ');
  if (watched.last?.revisions !== revisions) {
    const kept = watched.caches.flatMap(({ items }) => [...items.values()]);
    watched.last = { revisions, kept };
  }
  return watched.last.kept;
}

/** Why nothing is known of a collection yet, after the first try. */
function problemOf(cache: Cache): MeshdError | undefined {
  const state = cache.state();
  return state.phase === 'waiting' ? state.failure : undefined;
}

/** What only findings are made of holds up nothing once it is known that it cannot be read. */
function isWaitedFor(kind: KindName, cache: Cache): boolean {
  if (watchedKinds[kind].need === 'required') return true;
  return cache.state().phase !== 'lost' && problemOf(cache) === undefined;
}

/** Waiting before lost before live; of several lost ones the one that has been so longest. */
function worst(states: readonly ClusterState[]): ClusterState {
  const waiting = states.filter((state) => state.phase === 'waiting');
  if (waiting.length > 0) return waiting.reduce((a, b) => (b.failures > a.failures ? b : a));
  const lost = states.filter((state) => state.phase === 'lost');
  const [first] = lost;
  if (!first) return { phase: 'live' };
  return lost.reduce((a, b) => (b.sinceMs < a.sinceMs ? b : a), first);
}

function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
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
