/**
 * Mesh services known only by their `kuma.io/service` value: names are served as `<tag>.mesh` and, where
 * the tag has underscores, under a dotted twin; always at port 80, because the VIP behind has no port
 * of its own. Until Kuma 2.14, and not in a mesh whose services are exclusive.
 */
import {
  orderHostnames,
  type Availability,
  type MeshService,
  type MeshServicePort,
} from '../../../catalog/service';
import { Hostname } from './common';
import type { ExternalService } from './external-service';
import { HostPort } from './external-service';
import type { ServiceInsight } from './service-insight';

/** The port at which the mesh's DNS names of a tag answer. */
const vipPort = 80;

/** What a Kubernetes tag says: `<service>_<namespace>_svc_<port>`, or `<workload>_<namespace>_svc`. */
const kubernetesTag = /^([^_]+)_([^_]+)_svc(?:_(\d{1,5}))?$/;

/** Groups the internal tags of a mesh by Service; a tag of another form is a service of its own. */
export function legacyServices(
  mesh: string,
  insights: readonly ServiceInsight[],
): readonly MeshService[] {
  const services = new Map<string, MeshService>();
  for (const insight of insightsInOrder(insights)) {
    if (insight.type !== 'internal') continue;
    const service = tagService(mesh, insight);
    const key = `${service.name}/${service.namespace ?? ''}`;
    const known = services.get(key);
    const clash = known?.ports.some(({ port }) => port === service.ports[0]?.port);
    if (!known) services.set(key, service);
    else if (!clash) services.set(key, join(known, service));
    // A Service's port 80 and a workload without Service can bear one name: the tag tells them apart.
    else services.set(insight.tag, { ...service, name: insight.tag });
  }
  return [...services.values()];
}

/**
 * Legacy external services. Several resources with one tag are one destination; an insight without a
 * resource counts too, as a zone may know the one before the other.
 */
export function legacyExternalServices(
  mesh: string,
  resources: readonly ExternalService[],
  insights: readonly ServiceInsight[],
  options: { readonly served: boolean },
): readonly MeshService[] {
  const services = new Map<string, MeshService>();
  const add = (tag: string, resource: string, port: Omit<MeshServicePort, 'tag'>): void => {
    const lowest = services.get(tag)?.ports[0]?.port ?? Infinity;
    if (port.port >= lowest) return;
    services.set(tag, {
      kind: 'ExternalService',
      name: tag,
      mesh,
      resource: services.get(tag)?.resource ?? resource,
      labels: {},
      hostnames: [],
      ports: [{ ...port, tag, ...(options.served ? { servedAt: servedAt(tag) } : {}) }],
      vips: [],
      availability: 'unknown',
    });
  };
  const sorted = [...resources].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { tag, name, port, protocol } of sorted) {
    add(tag, name, { port, ...(protocol === undefined ? {} : { protocol }) });
  }
  for (const { tag, type, addressPort } of insights) {
    if (type !== 'external' || services.has(tag)) continue;
    const address = HostPort.safeParse(addressPort);
    if (address.success) add(tag, tag, address.data);
  }
  return [...services.values()];
}

/** Whatever order they come in: who of two takes a name must not change. A Service goes first. */
function insightsInOrder(insights: readonly ServiceInsight[]): readonly ServiceInsight[] {
  const rank = ({ tag }: ServiceInsight): number =>
    kubernetesTag.exec(tag)?.[3] === undefined ? 1 : 0;
  return [...insights].sort((a, b) => rank(a) - rank(b) || (a.tag < b.tag ? -1 : 1));
}

const made = new WeakMap<ServiceInsight, MeshService>();

/** Once for each object: a list shares most of them with the one before it. */
function tagService(mesh: string, insight: ServiceInsight): MeshService {
  let service = made.get(insight);
  if (service?.mesh !== mesh) {
    service = makeTagService(mesh, insight);
    made.set(insight, service);
  }
  return service;
}

function makeTagService(mesh: string, insight: ServiceInsight): MeshService {
  const { tag, availability, endpoints } = insight;
  const [, name = tag, namespace, number] = kubernetesTag.exec(tag) ?? [];
  const port = number === undefined ? vipPort : Number(number);
  const legal = port >= 1 && port <= 65535;
  return {
    kind: 'LegacyService',
    name: legal ? name : tag,
    ...(legal && namespace !== undefined ? { namespace } : {}),
    mesh,
    resource: tag,
    labels: {},
    // The names belong to the port: each tag has its own, all at port 80.
    hostnames: [],
    ports: [{ port: legal ? port : vipPort, tag, servedAt: servedAt(tag) }],
    vips: [],
    availability,
    endpoints,
  };
}

function servedAt(tag: string): NonNullable<MeshServicePort['servedAt']> {
  return {
    // A tag may have a colon, which no host name has: then only an outbound leads there.
    hostnames: orderHostnames([`${tag}.mesh`, `${tag.replaceAll('_', '.')}.mesh`]).filter(
      (hostname) => Hostname.safeParse(hostname).success,
    ),
    port: vipPort,
  };
}

/** Two ports of one Service have the same Pods behind them, so their counts do not add up. */
function join(a: MeshService, b: MeshService): MeshService {
  const ports = [...a.ports, ...b.ports].sort((one, other) => one.port - other.port);
  const most = (a.endpoints?.total ?? 0) >= (b.endpoints?.total ?? 0) ? a : b;
  return {
    ...a,
    resource: ports[0]?.tag ?? a.resource,
    ports,
    availability: best(a.availability, b.availability),
    ...(most.endpoints ? { endpoints: most.endpoints } : {}),
  };
}

function best(a: Availability, b: Availability): Availability {
  const order: readonly Availability[] = ['available', 'unknown', 'unavailable'];
  return order.find((availability) => availability === a || availability === b) ?? 'unknown';
}
