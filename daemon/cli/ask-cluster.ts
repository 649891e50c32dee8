/** What a cluster says of its mesh and of one Deployment of Kong. */
import { traitsOf } from '../../catalog/control-plane';
import { DeploymentView, selects, ServiceView } from '../kubernetes/views';
import type { ApiClient } from '../kubernetes-client/api-client';
import { hasCode } from '../kubernetes-client/api-error';
import { listResources } from '../kubernetes-client/list-resources';
import { watchedKinds } from '../sources/kubernetes/watched-kinds';

export interface ClusterAnswer {
  /** Whether an annotation marks a gateway; absent where nothing tells the version. */
  readonly marked?: boolean;
  /** Where Kong listens for clients; absent where its Pod template does not say it. */
  readonly listens?: readonly number[];
  /** `kuma.io/gateway` of the Pod template, where it is. */
  readonly mark?: string;
  /** The Services that lead to Kong's Pods. */
  readonly services: readonly string[];
}

export interface ClusterPlace {
  readonly deployment: string;
  readonly namespace: string;
  readonly systemNamespace: string;
}

const deployments = { group: 'apps', version: 'v1', plural: 'deployments' } as const;

/** @throws MeshdError K8S_*, where the Deployments or Services of Kong's namespace cannot be read. */
export async function askCluster(
  client: ApiClient,
  { deployment, namespace, systemNamespace }: ClusterPlace,
  signal: AbortSignal,
): Promise<ClusterAnswer> {
  const [workloads, services, marked] = await Promise.all([
    listResources(client, { resource: deployments, namespace }, viewOf, signal),
    listResources(
      client,
      { resource: { group: '', version: 'v1', plural: 'services' }, namespace },
      (object) => ServiceView.safeParse(object).data,
      signal,
    ),
    isMarked(client, systemNamespace, signal),
  ]);
  const kong = workloads.items.find((one) => one?.name === deployment);
  const own = services.items.filter(
    (service) => kong !== undefined && selects(service?.selector, kong.templateLabels),
  );
  return {
    ...(marked === undefined ? {} : { marked }),
    ...(kong?.listens ? { listens: kong.listens } : {}),
    ...(kong?.gateway === undefined ? {} : { mark: kong.gateway }),
    services: own.flatMap((service) => service?.name ?? []).sort(),
  };
}

const viewOf = (object: unknown): DeploymentView | undefined =>
  DeploymentView.safeParse(object).data;

/** By the image of the control plane, or else by the form of what it writes. */
async function isMarked(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const { items } = await quietly(client, { resource: deployments, namespace }, viewOf, signal);
  const images = items.flatMap((one) => one?.images ?? []);
  const version = images
    .map((image) => /\/kuma-cp:v?(\d+\.\d[^@]*)/.exec(image)?.[1])
    .find((tag) => tag !== undefined);
  if (version !== undefined) return traitsOf({ version, legacyKinds: false }).gatewayBlock;
  const { resource, map } = watchedKinds.dataplanes;
  const dataplanes = await quietly(client, { resource }, map, signal);
  const known = dataplanes.items.flatMap((kept) => (kept?.ok === true ? [kept.value] : []));
  if (known.length === 0) return undefined;
  const legacyKinds = known.every(({ older }) => older);
  return traitsOf({ version: '', legacyKinds }).gatewayBlock;
}

/** What the user may not read, or is not installed, says nothing. */
async function quietly<T>(...args: Parameters<typeof listResources<T>>) {
  try {
    return await listResources(...args);
  } catch (error) {
    if (hasCode(error, 'K8S_FORBIDDEN', 'K8S_NOT_FOUND')) return { items: [] };
    throw error;
  }
}
