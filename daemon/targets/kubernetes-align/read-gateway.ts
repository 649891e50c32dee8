/** The gateway's Pods, the Services of its namespace and its Dataplanes, at this very moment. */
import { toMeshResource } from '../../kubernetes/mesh-resource';
import { PodView, selects, ServiceView } from '../../kubernetes/views';
import type { ApiClient } from '../../kubernetes-client/api-client';
import { listResources } from '../../kubernetes-client/list-resources';

export interface GatewayRead {
  readonly pods: readonly PodView[];
  readonly services: readonly ServiceView[];
  /** `resourceVersion` by the name of the Service. */
  readonly versions: ReadonlyMap<string, string>;
  /** `kuma.io/service` by the name of the Pod. */
  readonly tags: ReadonlyMap<string, string>;
}

export interface GatewayPlace {
  readonly client: ApiClient;
  readonly namespace?: string | undefined;
  readonly selector?: Readonly<Record<string, string>> | undefined;
}

/** Where Kong runs if nothing says so. */
const defaultNamespace = 'kong';

/** @throws MeshdError K8S_* */
export async function readGateway(
  { client, selector, ...place }: GatewayPlace,
  signal: AbortSignal,
): Promise<GatewayRead> {
  const namespace = place.namespace ?? (await client.cluster.namespace()) ?? defaultNamespace;
  const list = async (group: string, version: string, plural: string) => {
    const resource = { group, version, plural };
    const { items } = await listResources(client, { resource, namespace }, (item) => item, signal);
    return items;
  };
  const [pods, services, dataplanes] = await Promise.all([
    list('', 'v1', 'pods'),
    list('', 'v1', 'services'),
    list('kuma.io', 'v1alpha1', 'dataplanes'),
  ]);
  return {
    pods: pods
      .flatMap((object) => PodView.safeParse(object).data ?? [])
      .filter((pod) => pod.gateway === 'enabled' && pod.hasIp)
      .filter((pod) => !selector || selects(selector, pod.labels)),
    services: services.flatMap((object) => ServiceView.safeParse(object).data ?? []),
    versions: new Map(services.flatMap(versionOf)),
    tags: new Map(dataplanes.flatMap(tagOf)),
  };
}

interface Metadata {
  readonly name?: unknown;
  readonly resourceVersion?: unknown;
}

function versionOf(object: unknown): readonly (readonly [string, string])[] {
  const { name, resourceVersion } = metadataOf(object);
  if (typeof name !== 'string' || typeof resourceVersion !== 'string') return [];
  return [[name, resourceVersion]];
}

function tagOf(object: unknown): readonly (readonly [string, string])[] {
  const { networking } = toMeshResource('Dataplane', object) as {
    readonly networking?: {
      readonly gateway?: { readonly tags?: Readonly<Record<string, unknown>> | null } | null;
    } | null;
  };
  const tag = networking?.gateway?.tags?.['kuma.io/service'];
  const { name } = metadataOf(object);
  return typeof name === 'string' && typeof tag === 'string' ? [[name, tag]] : [];
}

function metadataOf(object: unknown): Metadata {
  return (object as { readonly metadata?: Metadata | null } | null)?.metadata ?? {};
}
