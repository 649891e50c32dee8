/** A cluster in the mesh whose Services are routed to by a Gateway, an Ingress, or nobody. */
import {
  startKubernetesApi,
  type KubernetesApi,
  type KubernetesApiOptions,
} from '../../sandbox/kubernetes/api-server';

export async function routedCluster(options: KubernetesApiOptions = {}): Promise<KubernetesApi> {
  const api = await startKubernetesApi(options);
  for (const object of [...gateway(), ...classes()]) api.put(object);
  for (const name of ['by-http', 'by-grpc', 'by-ingress', 'of-nginx', 'unrouted']) {
    for (const object of meshedService(name)) api.put(object);
  }
  api.put(routeTo('HTTPRoute', 'by-http'));
  api.put(routeTo('GRPCRoute', 'by-grpc'));
  api.put(ingressTo('by-ingress', 'kong'));
  api.put(ingressTo('of-nginx', 'nginx'));
  return api;
}

/** A Service that the mesh has taken in by its MeshService, without any annotation. */
export function meshedService(name: string, namespace = 'shop'): readonly any[] {
  return [
    {
      kind: 'Service',
      metadata: { name, namespace },
      spec: {
        ...{ type: 'ClusterIP', clusterIP: '10.96.1.1', selector: { app: name } },
        ports: [{ port: 8080, protocol: 'TCP', appProtocol: 'http' }],
      },
    },
    {
      kind: 'MeshService',
      metadata: {
        ...{ name, namespace },
        labels: {
          'kuma.io/mesh': 'default',
          'k8s.kuma.io/namespace': namespace,
          'k8s.kuma.io/service-name': name,
        },
      },
      spec: { ports: [{ port: 8080 }] },
    },
  ];
}

export function routeTo(kind: string, service: string, more: object = {}): any {
  return {
    kind,
    metadata: { name: service, namespace: 'shop' },
    spec: {
      parentRefs: [{ name: 'kong', namespace: 'kong' }],
      rules: [{ backendRefs: [{ name: service, port: 8080, ...more }] }],
    },
  };
}

export function ingressTo(service: string, ingressClassName: string): any {
  return {
    kind: 'Ingress',
    metadata: { name: service, namespace: 'shop' },
    spec: {
      ingressClassName,
      defaultBackend: { service: { name: service, port: { number: 8080 } } },
    },
  };
}

function classes(): readonly any[] {
  return [
    {
      kind: 'IngressClass',
      metadata: { name: 'kong' },
      spec: { controller: 'ingress-controllers.konghq.com/kong' },
    },
    {
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    },
    {
      kind: 'GatewayClass',
      metadata: { name: 'kong' },
      spec: { controllerName: 'konghq.com/kic-gateway-controller' },
    },
    {
      kind: 'Gateway',
      metadata: { name: 'kong', namespace: 'kong' },
      spec: {
        gatewayClassName: 'kong',
        listeners: [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
  ];
}

/** Kong's Pod, its Dataplane and its namespace. */
function gateway(): readonly any[] {
  const metadata = { name: 'kong-1', namespace: 'kong', labels: { app: 'kong' } };
  return [
    {
      kind: 'Namespace',
      metadata: { name: 'kong', labels: { 'kuma.io/sidecar-injection': 'enabled' } },
    },
    { kind: 'Namespace', metadata: { name: 'shop' } },
    {
      kind: 'Pod',
      metadata: { ...metadata, annotations: { 'kuma.io/gateway': 'enabled' } },
      spec: { containers: [{ name: 'kuma-sidecar' }, { name: 'proxy' }] },
      status: { podIP: '10.244.0.9', phase: 'Running' },
    },
    {
      kind: 'Dataplane',
      mesh: 'default',
      metadata,
      spec: {
        networking: {
          address: '10.244.0.9',
          gateway: { tags: { 'kuma.io/service': 'kong-1_kong_svc' } },
        },
      },
    },
  ];
}
