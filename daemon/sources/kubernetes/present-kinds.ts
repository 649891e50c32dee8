/** Which of the watched kinds a cluster has, each in the version that is read. */
import type { Failure } from '../../../catalog/error';
import { kubernetesErrors } from '../../kubernetes/errors';
import type { ApiClient } from '../../kubernetes-client/api-client';
import { discoverGroup, discoverResources } from '../../kubernetes-client/discover';
import { kindNames, watchedKinds, type KindName, type WatchedKind } from './watched-kinds';

export interface PresentKinds {
  readonly versions: ReadonlyMap<KindName, string>;
  /** Kinds that are there in versions alone that cannot be read. */
  readonly failures: readonly Failure[];
}

/** @throws MeshdError K8S_* */
export async function presentKinds(client: ApiClient, signal: AbortSignal): Promise<PresentKinds> {
  const versions = new Map<KindName, string>();
  const failures: Failure[] = [];
  const optional = new Map<string, WatchedKind[]>();
  for (const name of kindNames) {
    const kind = watchedKinds[name] as WatchedKind;
    const { group, version } = kind.resource;
    if (kind.optional) optional.set(group, [...(optional.get(group) ?? []), kind]);
    else versions.set(name, version);
  }
  await Promise.all(
    [...optional].map(async ([group, kinds]) => {
      const served = await servedBy(client, group, signal);
      for (const kind of kinds) {
        const { plural } = kind.resource;
        const having = [...served].filter(([, plurals]) => plurals.includes(plural));
        const version = readable(kind).find((one) => served.get(one)?.includes(plural));
        if (version !== undefined) versions.set(kind.name, version);
        else if (having.length > 0)
          failures.push(
            tooOld(
              kind,
              having.map(([one]) => one),
            ),
          );
      }
    }),
  );
  return { versions, failures };
}

function readable({ resource, otherVersions = [] }: WatchedKind): readonly string[] {
  return [resource.version, ...otherVersions];
}

/** Plurals by version; empty where the group is not installed. */
async function servedBy(
  client: ApiClient,
  group: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const versions = await discoverGroup(client, group, signal);
  const lists = await Promise.all(
    versions.map((version) => discoverResources(client, { group, version }, signal)),
  );
  return new Map(versions.map((version, index) => [version, lists[index] ?? []]));
}

function tooOld(kind: WatchedKind, served: readonly string[]): Failure {
  const { group, plural } = kind.resource;
  const details = { group, plural, served: served.join(', '), known: readable(kind).join(', ') };
  return kubernetesErrors.failure('K8S_CRD_VERSION', details, { entity: `${plural}.${group}` });
}
