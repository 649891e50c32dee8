/** What the gateway's sidecar is told about, held against what Kong calls. */
import type { MeshService } from '../../catalog/service';
import type { BackendFacts, ProxyFacts } from './facts';
import { includes } from './policy/select';
import type { Called, FactsView, MeshPort } from './view';

/** An outbound of the Dataplane is there whatever the lists say. */
export function callsByVip({ called }: FactsView): readonly Called[] {
  return called.filter(({ address }) => address?.form !== 'outbound');
}

/**
 * Undefined where the Dataplane has no list: it is then told of everything, or of nothing where the control
 * plane restricts what is reachable.
 */
export function isReachable(
  { service, port }: MeshPort,
  proxy: ProxyFacts,
  isRestricted: boolean,
): boolean | undefined {
  const { reachableServices, reachableBackends } = proxy;
  // Each list is about its own kind of service.
  if (service.kind === 'LegacyService' || service.kind === 'ExternalService') {
    return reachableServices && (port.tag === undefined || reachableServices.includes(port.tag));
  }
  if (!reachableBackends) return isRestricted ? false : undefined;
  return reachableBackends.some((backend) => means(backend, { service, port }));
}

function means(backend: BackendFacts, { service, port }: MeshPort) {
  const { kind, name, labels } = backend;
  if (service.kind === 'KubernetesService') return meansService(backend, { service, port });
  if (kind !== service.kind) return false;
  if (backend.port !== undefined && backend.port !== port.port) return false;
  if (name !== undefined) return name === service.resource || name === service.name;
  return Object.keys(labels).length > 0 && includes(service.labels, labels);
}

/** A Service of the cluster is listed as the MeshService that the control plane makes of it. */
function meansService(
  { kind, name, labels, ...backend }: BackendFacts,
  { service, port }: MeshPort,
) {
  if (kind !== 'MeshService') return false;
  if (backend.port !== undefined && backend.port !== port.port) return false;
  if (name !== undefined) return name === service.resource || name === service.name;
  const { 'kuma.io/display-name': own, 'k8s.kuma.io/namespace': namespace } = labels;
  return own === service.name && (namespace ?? service.namespace) === service.namespace;
}

function displayLabels({ labels, resource }: MeshService): Readonly<Record<string, string>> {
  const name = labels['kuma.io/display-name'] ?? resource;
  // Those that tell it from namesakes of other namespaces and zones.
  const others = ['k8s.kuma.io/namespace', 'kuma.io/zone'].flatMap((key) =>
    labels[key] === undefined ? [] : [[key, labels[key]] as const],
  );
  return { 'kuma.io/display-name': name, ...Object.fromEntries(others) };
}

/** The lists that would be right, as they stand in a Dataplane. */
export function neededLists(links: readonly MeshPort[], byName = true) {
  const services = new Set<string>();
  const backends = new Map<string, object>();
  for (const { service, port } of links) {
    if (service.kind === 'LegacyService' || service.kind === 'ExternalService') {
      if (port.tag !== undefined) services.add(port.tag);
    } else if (service.kind !== 'KubernetesService') {
      const { kind, resource } = service;
      // From 3.x on a name resolves to nothing.
      const means = byName ? { name: resource } : { labels: displayLabels(service) };
      backends.set(`${kind}/${resource}/${port.port}`, { kind, ...means, port: port.port });
    }
  }
  return {
    reachableServices: [...services].sort(),
    reachableBackends: [...backends].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
  };
}
