/** One look at a cluster without a watch: for commands that look once. */
import type { MeshdError } from '../../../catalog/error';
import type { ApiClient } from '../../kubernetes-client/api-client';
import { hasCode } from '../../kubernetes-client/api-error';
import { discoverResources } from '../../kubernetes-client/discover';
import { listResources } from '../../kubernetes-client/list-resources';
import { shareSignal } from '../../kubernetes-client/shared-signal';
import type { ClusterFacts } from './cluster-facts';
import { collectFacts, optionalGroups, type KindRead } from './collect-facts';
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
    const present = await presentKinds(client, shared.signal);
    const reads = await Promise.all(
      kindNames.map(async (kind): Promise<readonly [KindName, KindRead]> => {
        if (!present.has(kind)) return [kind, absent];
        return [kind, await readKind(client, kind, scope, shared.signal)];
      }),
    );
    const byKind = new Map(reads);
    return collectFacts((kind) => byKind.get(kind) ?? absent, scope.gatewayNamespace);
  } finally {
    // After the first failure nobody waits for the other lists.
    shared.end(new Error('the look is over'));
  }
}

/** @throws MeshdError K8S_* */
export async function presentKinds(
  client: ApiClient,
  signal: AbortSignal,
): Promise<ReadonlySet<KindName>> {
  const present = new Set(kindNames.filter((kind) => !watchedKinds[kind].optional));
  await Promise.all(
    optionalGroups().map(async ({ group, version, kinds }) => {
      const plurals = await discoverResources(client, { group, version }, signal);
      for (const kind of kinds) {
        if (plurals.includes(watchedKinds[kind].resource.plural)) present.add(kind);
      }
    }),
  );
  return present;
}

const absent: KindRead = { state: 'absent' };

async function readKind(
  client: ApiClient,
  name: KindName,
  scope: Scope,
  signal: AbortSignal,
): Promise<KindRead> {
  const kind = watchedKinds[name];
  const kept: Kept<unknown>[] = [];
  try {
    for (const collection of collectionsOf(kind, scope)) {
      const { items } = await retryForbidden(
        () => listResources<Kept<unknown> | undefined>(client, collection, kind.map, signal),
        signal,
      );
      for (const item of items) if (item) kept.push(item);
    }
  } catch (error) {
    if (kind.need !== 'diagnosis' || !hasCode(error, 'K8S_FORBIDDEN')) throw error;
    return { state: 'forbidden', failure: (error as MeshdError).toFailure() };
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
