/** From what was read of a cluster to one observation. */
import { traitsOf, type ControlPlaneTraits } from '../../../catalog/control-plane';
import { isGateway, type GatewayDataplane } from '../../../catalog/gateway';
import type { MeshService } from '../../../catalog/service';
import { checkGateway, gatewayPods, type GatewayFacts } from '../../kubernetes/check-gateway';
import { kubernetesErrors } from '../../kubernetes/errors';
import { serviceTag } from '../../kubernetes/gateway-tag';
import { dnsName, type Endpoints, type MapContext } from '../../kubernetes/map-service';
import { selects, type EndpointSliceView, type ServiceView } from '../../kubernetes/views';
import { gatewayLabels, gatewayNames, type GatewaySelection } from '../resources/select-gateways';
import type { ObservationParts } from '../resources/assemble';
import { createSeal } from '../resources/seal-services';
import type { Observation } from '../source';
import type { ClusterFacts } from './cluster-facts';
import { rememberJudgement, type JudgeRoutes } from './judge-routes';
import type { DataplaneFacts } from './watched-kinds';
import { rememberMapping, type MapService } from './map-memory';
import { madeOf, rememberMembers } from './mesh-members';
import { rememberLast } from './remember-last';
import { followIndex, indexOnce, keyOf } from './service-index';

export interface BuildOptions {
  readonly mesh: string;
  readonly selection: GatewaySelection;
  /** Labels of the gateway's Pods. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  readonly clusterDomain: string;
  /** The gateway's IngressClasses and GatewayClasses; undefined: all of Kong's. */
  readonly classes?: readonly string[] | undefined;
  /** Whether routed Services are to be annotated. */
  readonly enforce: boolean;
}

export type BuildObservation = (facts: ClusterFacts, options: BuildOptions) => Observation;

/** A builder keeps what the next observation can take over, and nothing that it would miss. */
export function createBuilder(): BuildObservation {
  const memory: Memory = {
    map: rememberMapping(),
    named: { older: new WeakMap(), exclusive: new WeakMap() },
    countEndpoints: rememberLast(countEndpoints),
    membersOf: rememberMembers(),
    judge: rememberJudgement(),
    gatewaysIn: rememberLast(gatewaysIn),
    traitsFrom: rememberLast(traitsFrom),
    index: followIndex(),
  };
  const seal = createSeal();
  return (facts, options) => seal(partsOf(facts, options, memory));
}

interface Memory {
  readonly map: MapService;
  /** MeshServices with the name that the cluster's DNS gives them. */
  readonly named: Readonly<Record<'older' | 'exclusive', WeakMap<MeshService, MeshService>>>;
  /** Mostly Services change, and what else there is stays the very same list. */
  readonly countEndpoints: typeof countEndpoints;
  readonly membersOf: ReturnType<typeof rememberMembers>;
  readonly judge: JudgeRoutes;
  readonly gatewaysIn: typeof gatewaysIn;
  readonly traitsFrom: typeof traitsFrom;
  readonly index: ReturnType<typeof followIndex>;
}

function partsOf(facts: ClusterFacts, options: BuildOptions, memory: Memory): ObservationParts {
  const { mesh } = options;
  const known = memory.gatewaysIn(facts.views.dataplanes);
  const traits = memory.traitsFrom(facts.views.dataplanes);
  const gateways = selectDataplanes(known, facts, options);
  const gatewayFacts = gatewayFactsOf({ known, selected: gateways, traits }, facts, options);
  const ofGateway = servicesOfGateway(gatewayFacts);
  const endpoints = memory.countEndpoints(facts.views.endpointSlices);
  const membership = memory.membersOf(facts, { mesh, ofGateway, endpoints });
  const members = facts.views.services.filter(membership.isMember);
  const services = memory.index(facts.views.services);
  const routes = memory.judge(facts, options, { ...membership, services });
  return {
    mesh,
    services: [
      ...meshServices(facts, options, { ofGateway, traits }, memory),
      ...kubernetesServices(facts, options, { members, traits }, memory),
    ],
    gateways,
    failures: [
      ...facts.failures,
      ...(facts.absent.has('dataplanes') ? [kubernetesErrors.failure('K8S_NO_MESH_API')] : []),
      ...checkGateway(gatewayFacts),
      ...routes.failures,
    ],
    upstream: routes.steps,
  };
}

/** The gateway's own Services are no targets, and neither is what the control plane makes of them. */
function servicesOfGateway(facts: GatewayFacts): ReadonlySet<string> {
  const { namespace, services, deployments, selector } = facts;
  const labels = [
    ...gatewayPods(facts).map((pod) => pod.labels),
    // Scaled to nothing, a gateway has no Pods, and its Services get MeshServices.
    ...deployments
      .filter((one) => one.namespace === namespace && one.gateway !== undefined)
      .map(({ templateLabels }) => templateLabels),
    ...(selector ? [selector] : []),
  ];
  const own = services.filter(
    (service) =>
      service.namespace === namespace && labels.some((one) => selects(service.selector, one)),
  );
  return new Set(own.map(keyOf));
}

function meshServices(
  { views }: ClusterFacts,
  { mesh, clusterDomain }: BuildOptions,
  { ofGateway, traits }: { ofGateway: ReadonlySet<string>; traits: ControlPlaneTraits },
  { named }: Memory,
): readonly MeshService[] {
  const clusterIps = indexOnce(views.services);
  const own = views.meshServices
    .filter((service) => service.mesh === mesh && !ofGateway.has(madeOf(service)))
    .map((service) => {
      // The one of a headless Service stands for a single Pod, and its VIP is that Pod's IP.
      if (isHeadless(service)) return { ...service, vips: [] };
      const [ip] = service.vips;
      if (ip === undefined || clusterIps(madeOf(service))?.clusterIps.includes(ip) !== true) {
        return service;
      }
      // The mesh generates no name for a Service of this cluster: its DNS name leads to the same IP.
      const { name, namespace = 'default' } = service;
      const hostnames = [...service.hostnames, dnsName({ name, namespace }, clusterDomain)];
      const { alwaysExclusive } = traits;
      const memory = named[alwaysExclusive ? 'exclusive' : 'older'];
      const known = memory.get(service) ?? {
        ...service,
        hostnames,
        ...(alwaysExclusive ? { ports: withTags(service) } : {}),
      };
      memory.set(service, known);
      return known;
    });
  const others = [...views.meshMultiZoneServices, ...views.meshExternalServices];
  return [...own, ...others.filter((service) => service.mesh === mesh)];
}

/** As the one entry of its Service it still answers to the name that 2.x gave each of its ports. */
function withTags(service: MeshService): MeshService['ports'] {
  const [namespace = '', name = ''] = madeOf(service).split('/');
  return service.ports.map((port) => ({
    ...port,
    tag: serviceTag({ name, namespace }, port.port),
  }));
}

function isHeadless({ labels }: MeshService): boolean {
  return (
    labels['k8s.kuma.io/is-headless-service'] === 'true' && labels['kuma.io/origin'] !== 'global'
  );
}

function kubernetesServices(
  { views }: ClusterFacts,
  { mesh, clusterDomain }: BuildOptions,
  { members, traits }: { members: readonly ServiceView[]; traits: ControlPlaneTraits },
  { map, countEndpoints: count }: Memory,
): readonly MeshService[] {
  const given = views.meshes.find(({ name }) => name === mesh)?.mode ?? 'Disabled';
  const mode = traits.alwaysExclusive ? 'Exclusive' : given;
  const named = [views.meshServices, views.meshMultiZoneServices, views.meshExternalServices];
  const context = {
    mesh,
    clusterDomain,
    legacyNames: mode !== 'Exclusive',
    meshHostnames: new Set(named.flat().flatMap(({ hostnames }) => hostnames)),
    find: finderIn(members),
  };
  const endpoints = count(views.endpointSlices);
  // Where nothing else is in the mesh, the MeshService is the one entry: it has the same IP and name.
  const made = new Set(traits.alwaysExclusive ? views.meshServices.map(madeOf) : []);
  const services: MeshService[] = [];
  for (const service of members) {
    if (service.clusterIps.length > 0 && made.has(keyOf(service))) continue;
    const mapped = map(service, endpoints, context);
    if (mapped && (service.externalName === undefined || leadsSomewhere(mapped))) {
      services.push(mapped);
    }
  }
  return services;
}

/** An ExternalName Service that leads out of the mesh is none of its services. */
function leadsSomewhere({ vips, ports }: MeshService): boolean {
  return vips.length > 0 || ports.some(({ servedAt }) => servedAt);
}

/** Only ExternalName Services ask. */
function finderIn(members: readonly ServiceView[]): MapContext['find'] {
  const find = indexOnce(members);
  return ({ namespace, name }) => find(`${namespace}/${name}`);
}

/** Slices of several address families count the same Pods: the family with most of them counts. */
function countEndpoints(slices: readonly EndpointSliceView[]): ReadonlyMap<string, Endpoints> {
  const families = new Map<string, Map<string, Endpoints>>();
  for (const { namespace, service, addressType, total, ready } of slices) {
    const counts = families.get(addressType) ?? new Map<string, Endpoints>();
    families.set(addressType, counts);
    const key = `${namespace}/${service}`;
    const known = counts.get(key);
    counts.set(key, {
      total: (known?.total ?? 0) + total,
      healthy: (known?.healthy ?? 0) + ready,
    });
  }
  const [first = new Map<string, Endpoints>(), ...others] = families.values();
  for (const [key, counted] of others.flatMap((counts) => [...counts])) {
    if (counted.total > (first.get(key)?.total ?? 0)) first.set(key, counted);
  }
  return first;
}

function gatewaysIn(dataplanes: readonly DataplaneFacts[]): readonly GatewayDataplane[] {
  return dataplanes.flatMap(({ gateway }) => (gateway ? [gateway] : []));
}

/** The API server tells no version, but the control plane writes Dataplanes of its own form alone. */
function traitsFrom(dataplanes: readonly DataplaneFacts[]): ControlPlaneTraits {
  const legacyKinds = dataplanes.every(({ older }) => older);
  return traitsOf({ version: '', legacyKinds });
}

/** By name, in the form of the REST API or as the Pod is called; else all that stand for the gateway. */
function selectDataplanes(
  gateways: readonly GatewayDataplane[],
  { gatewayNamespace }: ClusterFacts,
  { mesh, selection, selector }: BuildOptions,
): readonly GatewayDataplane[] {
  const names = gatewayNames(selection);
  const wanted = gatewayLabels(selection);
  return gateways.filter((dataplane) => {
    // One with tags that is no gateway is builtin: no Kong runs behind it.
    const builtin = !isGateway(dataplane) && Object.keys(dataplane.tags).length > 0;
    if (dataplane.mesh !== mesh || builtin) return false;
    const at = dataplane.name.lastIndexOf('.');
    if (names) return names.includes(dataplane.name) || names.includes(dataplane.name.slice(0, at));
    if (dataplane.name.slice(at + 1) !== gatewayNamespace) return false;
    if (dataplane.delegated) return selector ? selects(selector, dataplane.labels) : true;
    // Nothing marks a plain one: somebody has to say which it is.
    return selects(wanted ?? selector, dataplane.labels);
  });
}

interface Found {
  readonly known: readonly GatewayDataplane[];
  readonly selected: readonly GatewayDataplane[];
  readonly traits: ControlPlaneTraits;
}

function gatewayFactsOf(
  { known, selected, traits }: Found,
  facts: ClusterFacts,
  options: BuildOptions,
): GatewayFacts {
  const { views, gatewayNamespace: namespace } = facts;
  return {
    namespace,
    selector: options.selector,
    selected: new Set(selected.map(({ name }) => name)),
    traits,
    wanted: options.selection.service,
    pods: views.pods,
    deployments: views.deployments,
    services: views.services.filter((service) => service.namespace === namespace),
    dataplanes: known,
    namespaces: views.namespaces,
    templates: [...views.operatorDataPlanes, ...views.gatewayConfigurations],
  };
}
