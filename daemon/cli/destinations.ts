/** What the gateway calls: by the links of its configuration, and by the routes of the cluster. */
import { serviceKey, type MeshService } from '../../catalog/service';
import type { Facts } from '../doctor/facts';
import { createView } from '../doctor/view';
import type { Destination } from '../kubernetes/manifests/destination';

export function destinationsOf(facts: Facts): readonly Destination[] {
  const view = createView(facts);
  const linked = view.linked.map(({ service, port }) => {
    const [endpoint] = view.endpointsOf({ service, port });
    const workload = endpoint?.proxy.labels['kuma.io/workload'];
    return destinationOf(facts, service, port.port, workload);
  });
  const routed = (facts.cluster?.routed ?? []).flatMap(({ namespace, name, port }) => {
    const service = facts.catalog?.services.find(
      (one) =>
        one.name === name &&
        one.namespace === namespace &&
        (one.kind === 'KubernetesService' || one.kind === 'MeshService') &&
        one.ports.some((candidate) => candidate.port === port),
    );
    return service ? [destinationOf(facts, service, port, undefined)] : [];
  });
  const all = new Map(
    [...linked, ...routed].map((one) => [`${one.kind}/${one.resource}/${one.port}`, one]),
  );
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, destination]) => destination);
}

function destinationOf(
  facts: Facts,
  service: MeshService,
  port: number,
  workload: string | undefined,
): Destination {
  const { kind, name, namespace, zone, resource, labels } = service;
  const served = service.ports.find((one) => one.port === port);
  const selected = labelsOf(facts, service, workload);
  return {
    ...{ kind, name, resource, port, ownLabels: labels },
    ...(namespace === undefined ? {} : { namespace }),
    ...(zone === undefined ? {} : { zone }),
    ...(served?.tag === undefined ? {} : { tag: served.tag }),
    ...(selected ? { labels: selected } : {}),
  };
}

/** Of its Dataplanes: on Kubernetes those of the Pods, on Universal that of the workload. */
function labelsOf(
  { cluster, settings }: Facts,
  service: MeshService,
  workload: string | undefined,
): Readonly<Record<string, string>> | undefined {
  if (settings.environment === 'kubernetes') {
    const { namespace = 'default', labels, name } = service;
    const key = `${namespace}/${labels['k8s.kuma.io/service-name'] ?? name}`;
    const selector = cluster?.selectors.get(key);
    return selector && { ...selector, 'k8s.kuma.io/namespace': namespace };
  }
  // The control plane makes one MeshService of each workload, under its name.
  const known = workload ?? (serviceKey(service).startsWith('MeshService/') ? service.name : '');
  return known === '' ? undefined : { 'kuma.io/workload': known };
}
