/** The stand-in API server with what the recorded cluster held. */
import {
  startKubernetesApi,
  type KubernetesApi,
  type KubernetesApiOptions,
} from '../../sandbox/kubernetes/api-server';
import { recordedExchange } from './recorded-kubernetes';

const lists: readonly (readonly [string, string])[] = [
  ['list-services-all', 'Service'],
  ['list-pods-kong', 'Pod'],
  ['list-deployments-kong', 'Deployment'],
  ['list-dataplanes-all', 'Dataplane'],
  ['list-meshservices', 'MeshService'],
  ['list-ingressclasses', 'IngressClass'],
];

/** What is odd about the recorded cluster: an alias for a name of the mesh, and a class with serviceUpstream. */
export const recordedFinding = {
  code: 'K8S_EXTERNAL_NAME_UPSTREAM',
  entity: 'Service shop/legacy',
} as const;

export async function startRecordedCluster(
  options: KubernetesApiOptions = {},
): Promise<KubernetesApi> {
  const api = await startKubernetesApi(options);
  for (const [name, kind] of lists) {
    for (const item of recordedExchange(name).response.body.items) api.put({ ...item, kind }, true);
  }
  api.put(recordedExchange('get-ingressclassparameters').response.body, true);
  api.put(endpointSlice('orders', 1, 2));
  return api;
}

export function kubernetesService(name: string, port: number, more: object = {}): any {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace: 'shop',
      annotations: {
        'ingress.kubernetes.io/service-upstream': 'true',
        'nginx.ingress.kubernetes.io/service-upstream': 'true',
      },
    },
    spec: { clusterIP: '10.96.7.7', ports: [{ port, protocol: 'TCP' }], ...more },
  };
}

export function endpointSlice(service: string, ready: number, total: number): any {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: `${service}-abcde`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    endpoints: Array.from({ length: total }, (_, index) => ({
      conditions: { ready: index < ready },
    })),
  };
}
