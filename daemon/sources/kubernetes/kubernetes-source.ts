/**
 * Observes a mesh through the Kubernetes API. Under a watch changes arrive by themselves and a look
 * costs no request; without one each look lists everything, so that a command that looks once leaves
 * nothing running.
 */
import { createApiClient, type ApiClient } from '../../kubernetes-client/api-client';
import type { Cluster } from '../../kubernetes-client/cluster';
import { createCluster } from '../../kubernetes-client/create-cluster';
import { kubernetesClientErrors } from '../../kubernetes-client/errors';
import type { CacheTiming } from '../../kubernetes-client/resource-cache';
import { shareSignal } from '../../kubernetes-client/shared-signal';
import type { GatewaySelection } from '../resources/select-gateways';
import type { Observation, Source } from '../source';
import { createBuilder } from './build-observation';
import type { ClusterFacts } from './cluster-facts';
import { clusterLinks } from './cluster-links';
import type { KubernetesSourceConfig } from './config';
import { readCluster } from './read-cluster';
import type { Scope } from './scope';
import { watchCluster, type ClusterWatch } from './watch-cluster';

export type KubernetesSourceOptions = KubernetesSourceConfig & {
  readonly mesh: string;
  /** `gateway` is the part of the cluster where Kong runs; this says which Dataplanes stand for it. */
  readonly selection?: GatewaySelection;
  /** `enforce`: routed Services are to be annotated. */
  readonly serviceUpstream?: 'observe' | 'enforce' | undefined;
  /** For tests; by default as the configuration says. */
  readonly cluster?: Cluster;
  readonly timing?: Partial<CacheTiming>;
  readonly discoverMs?: number;
};

/** Where Kong runs if nothing says so. */
const defaultNamespace = 'kong';

/** So many lists in a row that fail are an outage; one or two are an API server that just started. */
const patience = 4;

export function createKubernetesSource(options: KubernetesSourceOptions): Source {
  const { mesh, timeoutMs, staleAfterMs, selection = {} } = options;
  const cluster = options.cluster ?? createCluster(options);
  const client: ApiClient = createApiClient({ cluster, timeoutMs });
  const buildObservation = createBuilder();
  let scope: Scope | undefined;
  let active: ActiveWatch | undefined;
  let watched: ClusterWatch | undefined;
  let last: Observation | undefined;
  let lastFresh = false;
  /** The last one of a look without a watch. */
  let looked: Observation | undefined;

  async function scopeOf(): Promise<Scope> {
    const gatewayNamespace =
      options.gateway.namespace ?? (await cluster.namespace()) ?? defaultNamespace;
    scope ??= { mesh, namespaces: options.namespaces, gatewayNamespace };
    return scope;
  }

  function build(facts: ClusterFacts): Observation {
    const { clusterDomain } = options;
    const built = buildObservation(facts, {
      ...{ mesh, selection, clusterDomain },
      selector: options.gateway.selector,
      classes: options.gateway.classes,
      enforce: options.serviceUpstream === 'enforce',
    });
    if (last?.revision !== built.revision) last = built;
    return last;
  }

  async function observeWatched(watch: ActiveWatch, signal: AbortSignal): Promise<Observation> {
    const cluster = await watch.whole(timeoutMs, signal);
    watched = cluster;
    const state = cluster.state();
    if (state.phase === 'lost' && performance.now() - state.sinceMs > staleAfterMs) {
      throw state.failure ?? kubernetesClientErrors.error('K8S_UNREACHABLE', await urlOf());
    }
    if (last && lastFresh) return last;
    const observation = build(cluster.facts());
    lastFresh = true;
    return observation;
  }

  async function urlOf(): Promise<{ url: string; cause: string }> {
    const { url } = await cluster.connection();
    return { url, cause: 'the watch is lost' };
  }

  return {
    name: 'kubernetes',
    async observe(signal) {
      signal.throwIfAborted();
      if (active) return observeWatched(active, signal);
      const facts = await readCluster(client, await scopeOf(), signal);
      const before = last;
      const built = build(facts);
      if (built === before && looked) return looked;
      looked = Object.freeze({ ...built, cluster: clusterLinks(facts, options.gateway) });
      return looked;
    },
    cluster: () => watched && clusterLinks(watched.facts(), options.gateway),
    watch(onChange) {
      active?.stop();
      lastFresh = false;
      const started = startWatch(scopeOf, (scope, changed) =>
        watchCluster({
          ...{ client, scope, timing: options.timing, discoverMs: options.discoverMs },
          onChange() {
            lastFresh = false;
            changed();
            onChange();
          },
        }),
      );
      active = started;
      return () => {
        started.stop();
        if (active === started) active = watched = undefined;
        client.close();
      };
    },
  };
}

interface ActiveWatch {
  /** Resolves when all lists are in; rejects with what stands in the way, or at the deadline. */
  whole(timeoutMs: number, signal: AbortSignal): Promise<ClusterWatch>;
  stop(): void;
}

function startWatch(
  scopeOf: () => Promise<Scope>,
  create: (scope: Scope, changed: () => void) => ClusterWatch,
): ActiveWatch {
  const shared = shareSignal();
  const waiters = new Set<() => void>();
  const changed = (): void => {
    for (const waiter of [...waiters]) waiter();
  };
  let starting: Promise<ClusterWatch> | undefined;

  /** A kubeconfig that is missing now may be there the next time. */
  async function start(): Promise<ClusterWatch> {
    starting ??= scopeOf().then((scope) => {
      const watch = create(scope, changed);
      void watch.run(shared.signal);
      return watch;
    });
    return starting.catch((error: unknown) => {
      starting = undefined;
      throw error;
    });
  }

  // Whoever looks first hears of a failure.
  start().catch(() => undefined);
  return {
    async whole(timeoutMs, signal) {
      const watch = await start();
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const end = (error?: Error): void => {
          clearTimeout(timer);
          waiters.delete(check);
          signal.removeEventListener('abort', abort);
          if (error) reject(error);
          else resolve();
        };
        const check = (): void => {
          const state = watch.state();
          if (state.phase !== 'waiting') end();
          else if (state.failures >= patience && state.failure) end(state.failure);
        };
        const abort = (): void =>
          end(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        const timer = setTimeout(() => {
          const state = watch.state();
          const known = state.phase === 'waiting' ? state.failure : undefined;
          const path = 'the first lists';
          const details = { url: 'the cluster', path, timeoutMs };
          end(known ?? kubernetesClientErrors.error('K8S_TIMEOUT', details));
        }, timeoutMs);
        waiters.add(check);
        signal.addEventListener('abort', abort, { once: true });
        check();
      });
      return watch;
    },
    stop() {
      shared.end(new Error('the watch was ended'));
    },
  };
}
