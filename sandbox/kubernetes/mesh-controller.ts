/**
 * What the control plane of Kuma 3.x makes of Pods and Services: Dataplanes and MeshServices, as recorded on
 * the branch before 3.0. The released form differs as its documentation says: excluded ports have no inbound,
 * and the annotation `kuma.io/gateway` means nothing.
 */
import { keyOf, type KubeObject } from './kube-object';
import type { KubernetesApi } from './api-server';
import { resourceTypes, type ResourceType } from './resource-types';

export type Injector = '3.x' | '3.0';

/** A Pod as the injector leaves it, with a sidecar and what it intercepts. */
export function injectPod(pod: KubeObject, form: Injector): KubeObject {
  const { annotations = {} } = pod.metadata;
  const given = (annotations['traffic.kuma.io/exclude-inbound-ports'] ?? '').split(',');
  const excludePorts = [...given.filter((port) => port !== '').map(Number), 9001, 9902];
  const enabled = form === '3.0' || annotations['kuma.io/gateway'] !== 'enabled';
  const config = { redirect: { inbound: { enabled, excludePorts, port: 15006 } } };
  const spec = (pod['spec'] ?? {}) as { readonly initContainers?: readonly object[] };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: {
        ...annotations,
        'kuma.io/sidecar-injected': 'true',
        // JSON is YAML, too.
        'traffic.kuma.io/transparent-proxy-config': JSON.stringify(config),
      },
    },
    spec: {
      ...spec,
      initContainers: [
        ...(spec.initContainers ?? []),
        { name: 'kuma-sidecar', restartPolicy: 'Always' },
      ],
    },
  };
}

/** Follows the objects of an API server until it is told to end. */
export function startMeshController(api: KubernetesApi, form: Injector): () => void {
  const pods = typeOf('Pod');
  const services = typeOf('Service');
  const reconcile = (): void => {
    const all = api.store.list(services).map(viewOf);
    for (const pod of api.store.list(pods)) if (isInjected(pod)) putDataplane(api, pod, all, form);
    for (const service of all) putMeshService(api, service, form);
  };
  reconcile();
  return api.store.listen(({ resource }) => {
    if (resource === pods || resource === services) reconcile();
  });
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number;
  readonly appProtocol?: string;
}

interface ServiceOf {
  readonly object: KubeObject;
  readonly ports: readonly ServicePort[];
  readonly selector: Readonly<Record<string, string>>;
  readonly clusterIp?: string;
  readonly ignore: string | undefined;
}

function viewOf(object: KubeObject): ServiceOf {
  const {
    ports = [],
    selector = {},
    clusterIP,
  } = (object['spec'] ?? {}) as {
    readonly ports?: readonly ServicePort[];
    readonly selector?: Readonly<Record<string, string>>;
    readonly clusterIP?: string;
  };
  const ignore = object.metadata.annotations?.['kuma.io/ignore'];
  return { object, ports, selector, ...(clusterIP ? { clusterIp: clusterIP } : {}), ignore };
}

function putDataplane(
  api: KubernetesApi,
  pod: KubeObject,
  services: readonly ServiceOf[],
  form: Injector,
): void {
  const { name, namespace = 'default', labels = {}, annotations = {} } = pod.metadata;
  const { serviceAccountName = 'default' } = (pod['spec'] ?? {}) as {
    readonly serviceAccountName?: string;
  };
  const isMarked = form === '3.x' && annotations['kuma.io/gateway'] === 'enabled';
  const inbound = inboundsOf(pod, services, form);
  const address = (pod['status'] as { readonly podIP?: string } | undefined)?.podIP;
  if (address === undefined) return;
  put(api, {
    apiVersion: 'kuma.io/v1alpha1',
    kind: 'Dataplane',
    mesh: labels['kuma.io/mesh'] ?? 'default',
    metadata: {
      ...{ name, namespace },
      annotations: {
        'k8s.kuma.io/service-account': serviceAccountName,
        'kuma.io/display-name': name,
        'kuma.io/workload': annotations['kuma.io/workload'] ?? serviceAccountName,
      },
      labels: { ...labels, 'k8s.kuma.io/namespace': namespace, 'kuma.io/zone': 'default' },
    },
    spec: {
      networking: {
        ...{ address, admin: { port: 9901 } },
        ...(isMarked ? { gateway: {} } : { inbound }),
      },
    },
  });
}

function inboundsOf(
  pod: KubeObject,
  services: readonly ServiceOf[],
  form: Injector,
): readonly object[] {
  const health = { ready: true };
  const found = services
    .filter(({ ignore }) => !/^(true|yes|enabled)$/.test(ignore ?? ''))
    .filter((service) => leadsTo(service, pod))
    .flatMap(({ ports }) =>
      ports.map(({ name, port, targetPort = port, appProtocol = 'tcp' }) => ({
        ...{ health, ...(name === undefined ? {} : { name }), port: targetPort },
        protocol: appProtocol,
      })),
    )
    .filter(({ port }) => form === '3.x' || !isExcluded(pod, port));
  // Stands for a Pod without Services.
  return found.length > 0 ? found : [{ health, port: 49_151, protocol: 'tcp' }];
}

function isExcluded({ metadata }: KubeObject, port: number): boolean {
  const excluded = metadata.annotations?.['traffic.kuma.io/exclude-inbound-ports'] ?? '';
  return excluded.split(',').includes(String(port));
}

function putMeshService(api: KubernetesApi, service: ServiceOf, form: Injector): void {
  const { object, ports, selector, clusterIp, ignore } = service;
  const { name, namespace = 'default' } = object.metadata;
  const led = api.store.list(typeOf('Pod')).filter((pod) => leadsTo(service, pod));
  const marked = led.some(
    ({ metadata }) => form === '3.x' && metadata.annotations?.['kuma.io/gateway'] === 'enabled',
  );
  const injected = led.filter(isInjected).length;
  if (marked || injected === 0 || /^(true|yes)$/.test(ignore ?? '')) {
    api.remove('MeshService', `${namespace}/${name}`);
    return;
  }
  put(api, {
    apiVersion: 'kuma.io/v1alpha1',
    kind: 'MeshService',
    metadata: {
      ...{ name, namespace },
      annotations: { 'kuma.io/display-name': name },
      labels: {
        'k8s.kuma.io/is-headless-service': 'false',
        'k8s.kuma.io/namespace': namespace,
        'k8s.kuma.io/service-name': name,
        'kuma.io/mesh': 'default',
        'kuma.io/origin': 'zone',
        'kuma.io/zone': 'default',
      },
    },
    spec: {
      ports: ports.map(({ appProtocol = 'tcp', name: portName, port, targetPort = port }) => ({
        ...{ appProtocol, ...(portName === undefined ? {} : { name: portName }), port, targetPort },
      })),
      selector: {
        dataplaneLabels: { matchLabels: { ...selector, 'k8s.kuma.io/namespace': namespace } },
      },
      state: ignore === 'enabled' ? 'Unavailable' : 'Available',
    },
    status: {
      dataplaneProxies: { healthy: injected, total: injected },
      vips: clusterIp === undefined ? [] : [{ ip: clusterIp }],
    },
  });
}

function leadsTo({ object, selector }: ServiceOf, { metadata }: KubeObject): boolean {
  const wanted = Object.entries(selector);
  return (
    object.metadata.namespace === metadata.namespace &&
    wanted.length > 0 &&
    wanted.every(([key, value]) => metadata.labels?.[key] === value)
  );
}

function isInjected({ metadata }: KubeObject): boolean {
  return metadata.annotations?.['kuma.io/sidecar-injected'] === 'true';
}

/** Only where something is new: every write is an event. */
function put(api: KubernetesApi, object: KubeObject): void {
  const known = api.store.get(typeOf(object.kind ?? ''), keyOf(object));
  const content = (one: KubeObject | undefined): string =>
    JSON.stringify([
      one?.['spec'],
      one?.['status'],
      one?.metadata.annotations,
      one?.metadata.labels,
    ]);
  if (content(known) !== content(object)) api.put(object);
}

function typeOf(kind: string): ResourceType {
  const type = resourceTypes.find((one) => one.kind === kind);
  if (!type) throw new Error(`the stand-in serves no ${kind}`);
  return type;
}
