/** One look at a cluster without a watch: for commands that look once. */
import { MeshdError } from '../../../catalog/error';
import type { ApiClient } from '../../kubernetes-client/api-client';
import { hasCode } from '../../kubernetes-client/api-error';
import { listResources } from '../../kubernetes-client/list-resources';
import { matchesOf, type RouteMatch } from '../../kubernetes/route-matches';
import { shareSignal } from '../../kubernetes-client/shared-signal';
import type { ClusterFacts } from './cluster-facts';
import { collectFacts, type KindRead } from './collect-facts';
import { presentKinds } from './present-kinds';
import { collectionsOf, type Scope } from './scope';
import { kindNames, watchedKinds, type Kept, type KindName } from './watched-kinds';

/** Just after it started, an API server refuses what it permits a moment later. */
const forbiddenWaitsMs = [100, 300];

/** @throws MeshdError K8S_* as soon as one list fails that must not. */
export async function readCluster(
  client: ApiClient,
  scope: Scope,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const shared = shareSignal(signal);
  try {
    const matches = new Map<unknown, readonly RouteMatch[]>();
    const present = await presentKinds(client, shared.signal);
    const reads = await Promise.all(
      kindNames.map(async (kind): Promise<readonly [KindName, KindRead]> => {
        const version = present.versions.get(kind);
        if (version === undefined) return [kind, absent];
        return [kind, await readKind(client, kind, version, scope, matches, shared.signal)];
      }),
    );
    const byKind = new Map(reads);
    const read = (kind: KindName): KindRead => byKind.get(kind) ?? absent;
    return { ...collectFacts(read, scope, present.failures), matches };
  } finally {
    // After the first failure nobody waits for the other lists.
    shared.end(new Error('the look is over'));
  }
}

const routeKinds: Partial<Record<KindName, string>> = {
  ingresses: 'Ingress',
  tcpIngresses: 'TCPIngress',
  httpRoutes: 'HTTPRoute',
  grpcRoutes: 'GRPCRoute',
  tcpRoutes: 'TCPRoute',
  tlsRoutes: 'TLSRoute',
};

const absent: KindRead = { state: 'absent' };

async function readKind(
  client: ApiClient,
  name: KindName,
  version: string,
  scope: Scope,
  matches: Map<unknown, readonly RouteMatch[]>,
  signal: AbortSignal,
): Promise<KindRead> {
  const kind = watchedKinds[name];
  const kept: Kept<unknown>[] = [];
  const route = routeKinds[name];
  const map = (object: unknown): Kept<unknown> | undefined => {
    const item = kind.map(object);
    if (route !== undefined && item?.ok === true) matches.set(item.value, matchesOf(route, object));
    return item;
  };
  try {
    for (const collection of collectionsOf(kind, version, scope)) {
      const { items } = await retryForbidden(
        () => listResources<Kept<unknown> | undefined>(client, collection, map, signal),
        signal,
      );
      for (const item of items) if (item) kept.push(item);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (kind.need !== 'diagnosis' || !(error instanceof MeshdError)) throw error;
    return { state: 'unread', failure: error.toFailure() };
  }
  return { state: 'read', kept: kept as Kept<never>[] };
}

async function retryForbidden<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const waitMs of forbiddenWaitsMs) {
    try {
      return await run();
    } catch (error) {
      if (!hasCode(error, 'K8S_FORBIDDEN')) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      signal.throwIfAborted();
    }
  }
  return run();
}
