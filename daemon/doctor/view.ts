/** The facts with the joins that several rules need, each made once and only when it is asked for. */
import type { ControlPlaneTraits } from '../../catalog/control-plane';
import type { Address } from '../../catalog/address';
import type { GatewayDataplane } from '../../catalog/gateway';
import { serviceKey, type MeshService, type MeshServicePort } from '../../catalog/service';
import { entityLabel, type Entity, type EntityType } from '../kong/model';
import type { ResolvedLink } from '../translate/translation';
import { includes } from './policy/select';
import { meshTraits, type Facts, type InboundFacts, type ProxyFacts } from './facts';
import type { PolicySubject } from './policy/policy';
import { retriesOf, timeoutsOf, type MeshRetries, type MeshTimeouts } from './policy/resilience';

/** A mesh service together with one of its ports. */
export interface MeshPort {
  readonly service: MeshService;
  readonly port: MeshServicePort;
}

/** A mesh service that Kong sends requests to, by a link of its configuration or by a route of the cluster. */
export interface Called extends MeshPort {
  /** What calls it: `service orders`, `HTTPRoute shop/orders`. */
  readonly label: string;
  readonly kong?: Entity;
  /** Where Kong sends to; of a route of the cluster the controller decides. */
  readonly address?: Address;
}

/** A link that is in effect, with what stands at both of its ends. */
export interface Linked extends Called {
  readonly link: ResolvedLink;
  readonly address: Address;
  /** The Kong service as it will be; absent for a route without one. */
  readonly kong?: Entity;
  /** `service orders`, or `route orders` where the link is one route's alone. */
  readonly label: string;
}

export interface FactsView {
  readonly facts: Facts;
  /** Links that lead somewhere, in the order of their entities. */
  readonly linked: readonly Linked[];
  /** `linked`, and what the routes of the cluster lead to, each once. */
  readonly called: readonly Called[];
  /** The same by Kong service; what has no Kong service is left out. */
  readonly linkedServices: readonly { readonly kong: Entity; readonly links: readonly Linked[] }[];
  /** The desired Kong entities of a type. */
  readonly entities: (type: EntityType) => readonly Entity[];
  readonly gateways: readonly GatewayDataplane[];
  /** Whether the sidecar takes over all that Kong sends. From 3.x on no Dataplane of a cluster says so. */
  readonly intercepts: (gateway: GatewayDataplane) => boolean;
  /** What the control plane knows of a gateway's proxy. */
  readonly proxyOf: (gateway: GatewayDataplane) => ProxyFacts | undefined;
  /** How policies see the gateways' Dataplanes: the first of several, as they are one to the user. */
  readonly gatewaySubject: PolicySubject | undefined;
  /** Dataplanes that serve a port, with the inbound that does; empty where they are not known. */
  readonly endpointsOf: (target: MeshPort) => readonly Endpoint[];
  readonly timeouts: (target: MeshPort) => MeshTimeouts | undefined;
  readonly retries: (target: MeshPort) => MeshRetries | undefined;
}

export interface Endpoint {
  readonly proxy: ProxyFacts;
  readonly inbound: InboundFacts;
}

export function createView(facts: Facts): FactsView {
  const services = once(() => {
    const all = facts.catalog?.services ?? [];
    return new Map(all.map((service) => [serviceKey(service), service]));
  });
  const byType = once(() => groupBy(facts.kong?.desired.entities ?? [], ({ type }) => type));
  const byId = once(() => {
    const all = [...(byType().get('services') ?? []), ...(byType().get('routes') ?? [])];
    return new Map(all.map((entity) => [entity.id, entity]));
  });
  const linked = once(() =>
    (facts.kong?.links ?? []).flatMap((link) => join(link, services(), byId())),
  );
  const called = once(() => [...linked(), ...calledByRoutes(facts)]);
  const proxies = once(() => new Map((facts.proxies ?? []).map((proxy) => [proxy.name, proxy])));
  const endpoints = once(() => indexEndpoints(facts.proxies ?? []));
  const gateways = facts.gateways ?? [];
  const traits = facts.mesh && meshTraits(facts.mesh);
  const subject = once(() => gateways[0] && subjectOfGateway(gateways[0], traits));
  const timeouts = new Map<MeshServicePort, MeshTimeouts>();
  const retries = new Map<MeshServicePort, MeshRetries>();
  const linkedServices = once(() => {
    const groups = groupBy(
      linked().filter(({ kong }) => kong !== undefined),
      ({ kong }) => kong?.id,
    );
    return [...groups.values()].flatMap((links) => {
      const kong = links[0]?.kong;
      return kong ? [{ kong, links }] : [];
    });
  });
  return {
    facts,
    get linked() {
      return linked();
    },
    get called() {
      return called();
    },
    get linkedServices() {
      return linkedServices();
    },
    entities: (type) => byType().get(type) ?? [],
    gateways,
    intercepts: ({ transparentProxy }) =>
      transparentProxy || facts.settings.environment === 'kubernetes',
    proxyOf: ({ name }) => proxies().get(name),
    get gatewaySubject() {
      return subject();
    },
    endpointsOf: ({ service, port }) => {
      const { tag } = port;
      // On Kubernetes a service of 3.x answers to its former tag, and selects by labels.
      if (tag !== undefined && !service.selects) return endpoints().byTag.get(tag) ?? [];
      const { selects = service.labels } = service;
      const workload = selects['kuma.io/workload'];
      if (workload !== undefined) {
        const found = endpoints().byWorkload.get(workload) ?? [];
        return service.selects
          ? found.filter(({ proxy }) => includes(proxy.labels, selects))
          : found;
      }
      return service.selects
        ? [...endpoints().byWorkload.values()]
            .flat()
            .filter(({ proxy }) => includes(proxy.labels, selects))
        : [];
    },
    timeouts({ service, port }) {
      const policies = facts.policies.timeouts;
      const gateway = subject();
      if (!policies || !gateway) return undefined;
      return remember(timeouts, port, () => timeoutsOf(policies, gateway, service, port));
    },
    retries({ service, port }) {
      const policies = facts.policies.retries;
      const gateway = subject();
      if (!policies || !gateway) return undefined;
      return remember(retries, port, () =>
        retriesOf(policies, gateway, service, port, port.protocol),
      );
    },
  };
}

export function subjectOfGateway(
  { name, labels, tags, plain }: GatewayDataplane,
  traits?: ControlPlaneTraits,
): PolicySubject {
  const reached = plain !== true || traits?.meshPoliciesReachPlain === true;
  return {
    ...{ name, labels, gateway: plain !== true, tagSets: [tags] },
    ...(reached ? {} : { reachedByMesh: false }),
  };
}

export function subjectOfProxy({ name, labels, gateway, inbounds }: ProxyFacts): PolicySubject {
  const tagSets = gateway ? [gateway.tags] : inbounds.map(({ tags }) => tags);
  return { name, labels, gateway: gateway !== undefined, tagSets };
}

/** `gateway kong-01`: the subject of findings about a gateway. */
export function gatewayLabel({ name }: { readonly name: string }): string {
  return `gateway ${name}`;
}

function join(
  link: ResolvedLink,
  services: ReadonlyMap<string, MeshService>,
  byId: ReadonlyMap<string, Entity>,
): readonly Linked[] {
  const { outcome, serviceId, routeId } = link;
  if (outcome.state !== 'linked') return [];
  const service = services.get(outcome.service);
  const port = service?.ports.find((candidate) => candidate.port === outcome.port);
  if (!service || !port) return [];
  const kong = serviceId === undefined ? undefined : byId.get(serviceId);
  const route = routeId === undefined ? undefined : byId.get(routeId);
  const labelled = route ?? kong;
  return [
    {
      link,
      service,
      port,
      address: outcome.address,
      ...(kong ? { kong } : {}),
      label: labelled ? entityLabel(labelled) : entityLabel(link.entity),
    },
  ];
}

/** One for each Service and port, under the name of a route that leads there. */
function calledByRoutes({ cluster, catalog }: Facts): readonly Called[] {
  if (!cluster || cluster.routed.length === 0) return [];
  const services = groupBy(
    (catalog?.services ?? []).filter(
      ({ kind }) => kind === 'KubernetesService' || kind === 'MeshService',
    ),
    ({ namespace = '', name }) => `${namespace}/${name}`,
  );
  const routes = new Map(
    cluster.routes.flatMap((route) =>
      route.backends.map((one) => [`${one.namespace}/${one.name}`, route] as const),
    ),
  );
  return cluster.routed.flatMap(({ namespace, name, port: number }) => {
    for (const service of services.get(`${namespace}/${name}`) ?? []) {
      const port = service.ports.find((one) => one.port === number);
      const route = routes.get(`${namespace}/${name}`);
      const label = route
        ? `${route.kind} ${route.namespace}/${route.name}`
        : `Service ${namespace}/${name}`;
      if (port) return [{ service, port, label }];
    }
    return [];
  });
}

function indexEndpoints(proxies: readonly ProxyFacts[]) {
  const byTag = new Map<string, Endpoint[]>();
  const byWorkload = new Map<string, Endpoint[]>();
  for (const proxy of proxies) {
    for (const inbound of proxy.inbounds) {
      const endpoint = { proxy, inbound };
      append(byTag, inbound.tags['kuma.io/service'], endpoint);
      append(byWorkload, proxy.labels['kuma.io/workload'], endpoint);
    }
  }
  return { byTag, byWorkload };
}

function append<K, V>(map: Map<K, V[]>, key: K | undefined, value: V): void {
  if (key === undefined) return;
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

export function groupBy<T, K>(
  values: readonly T[],
  keyOf: (value: T) => K,
): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) append(groups, keyOf(value), value);
  return groups;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
