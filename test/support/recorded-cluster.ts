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

/** What is odd about the recorded cluster: a route to an alias for a name of the mesh, with service upstream. */
export const recordedFinding = {
  code: 'K8S_EXTERNAL_NAME_UPSTREAM',
  entity: 'Service shop/legacy',
} as const;

/** The recorded cluster has the CRDs of Kuma and of the ingress controller alone. */
export const recordedAbsentGroups: readonly string[] = [
  'gateway.networking.k8s.io',
  'gateway-operator.konghq.com',
  'incubator.konghq.com',
];

export async function startRecordedCluster(
  options: KubernetesApiOptions = {},
): Promise<KubernetesApi> {
  const absentGroups = [...recordedAbsentGroups, ...(options.absentGroups ?? [])];
  const api = await startKubernetesApi({ ...options, absentGroups });
  for (const [name, kind] of lists) {
    for (const item of recordedExchange(name).response.body.items) api.put({ ...item, kind }, true);
  }
  api.put(recordedExchange('get-ingressclassparameters').response.body, true);
  api.put(endpointSlice('orders', 1, 2));
  api.put(
    ingress('shop', [
      ['orders', 8080],
      ['legacy', 80],
    ]),
  );
  return api;
}

/** An Ingress of Kong's class in namespace shop. */
export function ingress(name: string, backends: readonly (readonly [string, number])[]): any {
  return {
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: { name, namespace: 'shop' },
    spec: {
      ingressClassName: 'kong',
      rules: backends.map(([service, number]) => ({
        http: {
          paths: [
            {
              path: `/${service}`,
              pathType: 'Prefix',
              backend: { service: { name: service, port: { number } } },
            },
          ],
        },
      })),
    },
  };
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
