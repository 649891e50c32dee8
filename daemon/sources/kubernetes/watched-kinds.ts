/** What is read of a cluster, and what is kept of it. The roles that are printed are made of this. */
import type * as z from 'zod';

import type { Failure } from '../../../catalog/error';
import type { GatewayDataplane } from '../../../catalog/gateway';
import type { MeshService } from '../../../catalog/service';
import {
  GatewayClassView,
  GatewayView,
  NamespaceView,
  ReferenceGrantView,
  ServiceFacadeView,
} from '../../kubernetes/gateway-views';
import { toMeshResource } from '../../kubernetes/mesh-resource';
import {
  GatewayConfigurationView,
  OperatorControlPlaneView,
  OperatorDataPlaneView,
  type OperatorTemplateView,
} from '../../kubernetes/operator-views';
import {
  IngressView,
  routeView,
  TcpIngressView,
  type RouteView,
} from '../../kubernetes/route-views';
import {
  DeploymentView,
  EndpointSliceView,
  IngressClassParametersView,
  IngressClassView,
  PodView,
  ServiceView,
} from '../../kubernetes/views';
import type { ResourceRef } from '../../kubernetes-client/resource-path';
import { Dataplane, noService } from '../resources/dataplane';
import { Mesh } from '../resources/mesh';
import { MeshExternalService } from '../resources/mesh-external-service';
import { MeshMultiZoneService } from '../resources/mesh-multi-zone-service';
import { MeshService as MeshServiceResource } from '../resources/mesh-service';
import { ignoredHostname, invalidResource, parseResource } from '../resources/parse-resource';

/** What is kept of one object: its view, or why there is none. */
export type Kept<T> =
  | { readonly ok: true; readonly value: T; readonly failures?: readonly Failure[] }
  | { readonly ok: false; readonly failure: Failure };

/** A Dataplane: of what may be a gateway all that counts, of others only which Services lead to it. */
export interface DataplaneFacts {
  readonly mesh: string;
  /** Made by 2.x, with tags or with the ports of transparent proxying; 3.x writes neither. */
  readonly older: boolean;
  readonly gateway?: GatewayDataplane;
  /** `namespace/name` of the Services of its inbounds. */
  readonly services: readonly string[];
}

interface KindViews {
  readonly services: ServiceView;
  readonly endpointSlices: EndpointSliceView;
  readonly pods: PodView;
  readonly deployments: DeploymentView;
  readonly ingressClasses: IngressClassView;
  readonly ingressClassParameters: IngressClassParametersView;
  readonly namespaces: NamespaceView;
  readonly ingresses: IngressView;
  readonly tcpIngresses: IngressView;
  readonly gatewayClasses: GatewayClassView;
  readonly gateways: GatewayView;
  readonly httpRoutes: RouteView;
  readonly grpcRoutes: RouteView;
  readonly tcpRoutes: RouteView;
  readonly tlsRoutes: RouteView;
  readonly referenceGrants: ReferenceGrantView;
  readonly serviceFacades: ServiceFacadeView;
  readonly operatorDataPlanes: OperatorTemplateView;
  readonly operatorControlPlanes: OperatorControlPlaneView;
  readonly gatewayConfigurations: OperatorTemplateView;
  readonly meshes: Mesh;
  readonly dataplanes: DataplaneFacts;
  readonly meshServices: MeshService;
  readonly meshMultiZoneServices: MeshService;
  readonly meshExternalServices: MeshService;
}
export type KindName = keyof KindViews;
export type ViewOf<K extends KindName> = KindViews[K];

export interface WatchedKind<K extends KindName = KindName> {
  readonly name: K;
  /** In the version that is asked for first. */
  readonly resource: ResourceRef;
  /** Other versions that say the same, in the order of preference. */
  readonly otherVersions?: readonly string[];
  /** Everywhere (or in the configured namespaces), where the gateway runs, or outside of namespaces. */
  readonly scope: 'services' | 'gateway' | 'cluster';
  /** What only findings are made of may be forbidden by the role: a warning says so. */
  readonly need: 'required' | 'diagnosis';
  /** The group comes with a CRD, which need not be installed. */
  readonly optional: boolean;
  readonly map: (object: unknown) => Kept<ViewOf<K>> | undefined;
}

const kong = { group: 'configuration.konghq.com' } as const;
const kuma = { group: 'kuma.io', version: 'v1alpha1' } as const;

export const watchedKinds: { readonly [K in KindName]: WatchedKind<K> } = {
  services: builtIn('services', ref('', 'services'), 'services', 'required', ServiceView),
  endpointSlices: builtIn(
    'endpointSlices',
    ref('discovery.k8s.io', 'endpointslices'),
    'services',
    'required',
    EndpointSliceView,
  ),
  pods: builtIn('pods', ref('', 'pods'), 'gateway', 'required', PodView),
  deployments: builtIn(
    'deployments',
    ref('apps', 'deployments'),
    'gateway',
    'diagnosis',
    DeploymentView,
  ),
  ingressClasses: builtIn(
    'ingressClasses',
    ref('networking.k8s.io', 'ingressclasses'),
    'cluster',
    'diagnosis',
    IngressClassView,
  ),
  namespaces: builtIn('namespaces', ref('', 'namespaces'), 'cluster', 'diagnosis', NamespaceView),
  ingresses: builtIn(
    'ingresses',
    ref('networking.k8s.io', 'ingresses'),
    'services',
    'diagnosis',
    IngressView,
  ),
  ingressClassParameters: installed(
    'ingressClassParameters',
    // The plural has an s too many, in paths and in roles.
    { ...kong, version: 'v1alpha1', plural: 'ingressclassparameterses' },
    'cluster',
    IngressClassParametersView,
  ),
  tcpIngresses: installed(
    'tcpIngresses',
    { ...kong, version: 'v1beta1', plural: 'tcpingresses' },
    'services',
    TcpIngressView,
  ),
  serviceFacades: installed(
    'serviceFacades',
    { group: 'incubator.konghq.com', version: 'v1alpha1', plural: 'kongservicefacades' },
    'services',
    ServiceFacadeView,
  ),
  gatewayClasses: gatewayApi('gatewayClasses', 'gatewayclasses', 'cluster', GatewayClassView),
  gateways: gatewayApi('gateways', 'gateways', 'services', GatewayView),
  httpRoutes: gatewayApi('httpRoutes', 'httproutes', 'services', routeView('HTTPRoute')),
  grpcRoutes: gatewayApi('grpcRoutes', 'grpcroutes', 'services', routeView('GRPCRoute')),
  tcpRoutes: gatewayApi('tcpRoutes', 'tcproutes', 'services', routeView('TCPRoute')),
  tlsRoutes: gatewayApi('tlsRoutes', 'tlsroutes', 'services', routeView('TLSRoute')),
  referenceGrants: gatewayApi('referenceGrants', 'referencegrants', 'services', ReferenceGrantView),
  operatorDataPlanes: operator('operatorDataPlanes', 'dataplanes', OperatorDataPlaneView),
  operatorControlPlanes: operator(
    'operatorControlPlanes',
    'controlplanes',
    OperatorControlPlaneView,
  ),
  gatewayConfigurations: operator(
    'gatewayConfigurations',
    'gatewayconfigurations',
    GatewayConfigurationView,
  ),
  meshes: {
    ...meshKind('meshes', 'meshes', 'Mesh', Mesh),
    scope: 'cluster',
    need: 'diagnosis',
  },
  dataplanes: {
    name: 'dataplanes',
    resource: { ...kuma, plural: 'dataplanes' },
    scope: 'services',
    need: 'required',
    optional: true,
    map: dataplaneFacts,
  },
  meshServices: meshKind('meshServices', 'meshservices', 'MeshService', MeshServiceResource),
  meshMultiZoneServices: meshKind(
    'meshMultiZoneServices',
    'meshmultizoneservices',
    'MeshMultiZoneService',
    MeshMultiZoneService,
  ),
  meshExternalServices: meshKind(
    'meshExternalServices',
    'meshexternalservices',
    'MeshExternalService',
    MeshExternalService,
  ),
};

export const kindNames = Object.keys(watchedKinds) as readonly KindName[];

function ref(group: string, plural: string): ResourceRef {
  return { group, version: 'v1', plural };
}

function builtIn<K extends KindName>(
  name: K,
  resource: ResourceRef,
  scope: WatchedKind['scope'],
  need: WatchedKind['need'],
  schema: z.ZodType<ViewOf<K> | undefined>,
): WatchedKind<K> {
  const map = (object: unknown) => parse(kindOf(name), schema, object);
  return { name, resource, scope, need, optional: false, map };
}

/** `ingressClasses` → `IngressClass`: as messages name one of them. */
function kindOf(name: KindName): string {
  const kind = name
    .replace(/^(http|grpc|tcp|tls)(?=[A-Z])/, (protocol) => protocol.toUpperCase())
    .replace(/^operator/, '')
    .replace(/^./, (first) => first.toUpperCase());
  return kind.endsWith('Parameters') ? kind : kind.replace(/sses$/, 'ss').replace(/([^s])s$/, '$1');
}

/** A kind that comes with a CRD, of which nothing but findings are made. */
function installed<K extends KindName>(
  name: K,
  resource: ResourceRef,
  scope: WatchedKind['scope'],
  schema: z.ZodType<ViewOf<K> | undefined>,
  otherVersions: readonly string[] = [],
): WatchedKind<K> {
  return {
    ...{ name, resource, otherVersions, scope, need: 'diagnosis', optional: true },
    map: (object) => parse(kindOf(name), schema, object),
  };
}

/** What is read of these is the same in each version, from the first one on. */
function gatewayApi<K extends KindName>(
  name: K,
  plural: string,
  scope: WatchedKind['scope'],
  schema: z.ZodType<ViewOf<K> | undefined>,
): WatchedKind<K> {
  const resource = { group: 'gateway.networking.k8s.io', version: 'v1', plural };
  return installed(name, resource, scope, schema, ['v1beta1', 'v1alpha3', 'v1alpha2']);
}

function operator<K extends KindName>(
  name: K,
  plural: string,
  schema: z.ZodType<ViewOf<K> | undefined>,
): WatchedKind<K> {
  const resource = { group: 'gateway-operator.konghq.com', version: 'v2beta1', plural };
  return installed(name, resource, 'gateway', schema, ['v1beta1']);
}

/** Kuma's own kinds, in the form of its REST API from here on. */
function meshKind<K extends KindName>(
  name: K,
  plural: string,
  kind: string,
  schema: z.ZodType<ViewOf<K>>,
): WatchedKind<K> {
  return {
    name,
    resource: { ...kuma, plural },
    scope: 'services',
    need: 'required',
    optional: true,
    map: (object) => parse(kind, schema, toMeshResource(kind, object)),
  };
}

function dataplaneFacts(object: unknown): Kept<DataplaneFacts> | undefined {
  const resource = toMeshResource('Dataplane', object);
  const networking = (resource['networking'] ?? {}) as Networking;
  const { mesh } = resource;
  const { gateway, transparentProxying } = networking;
  const inbounds = entries(networking.inbound);
  const older = Boolean(transparentProxying) || [...inbounds, gateway].some((one) => one?.tags);
  // A zone proxy of 3.x.
  if (entries(networking.listeners).length > 0)
    return { ok: true, value: { mesh, older, services: [] } };
  // Nothing marks the gateway of 3.x, and while its Services are not ignored it has their inbounds.
  if (gateway || !older || inbounds.every((one) => one?.port === noService)) {
    const parsed = parse('Dataplane', Dataplane, resource);
    if (parsed?.ok !== true) return parsed;
    return { ok: true, value: { mesh, older, gateway: parsed.value, services: [] } };
  }
  const services = inbounds.flatMap((one) => {
    const { 'k8s.kuma.io/namespace': namespace, 'k8s.kuma.io/service-name': name } =
      one?.tags ?? {};
    return typeof namespace === 'string' && typeof name === 'string'
      ? [`${namespace}/${name}`]
      : [];
  });
  return { ok: true, value: { mesh, older, services: [...new Set(services)] } };
}

interface Tagged {
  readonly port?: unknown;
  readonly tags?: Readonly<Record<string, unknown>> | null;
}

/** Nothing of it is checked yet. */
interface Networking {
  readonly gateway?: Tagged | null;
  readonly transparentProxying?: unknown;
  readonly listeners?: unknown;
  readonly inbound?: unknown;
}

function entries(list: unknown): readonly (Tagged | null)[] {
  return Array.isArray(list) ? (list as readonly (Tagged | null)[]) : [];
}

/** @returns undefined for an object that is none of ours, such as a Pod on its way out. */
function parse<T>(
  kind: string,
  schema: z.ZodType<T | undefined>,
  object: unknown,
): Kept<T> | undefined {
  const parsed = parseResource(schema, object);
  const entity = `${kind} ${nameOf(object)}`;
  if (!parsed.ok) return { ok: false, failure: invalidResource(entity, parsed) };
  const { value, ignored } = parsed;
  if (value === undefined) return undefined;
  const failures = ignored.map((each) => ignoredHostname(entity, each));
  return { ok: true, value, ...(failures.length === 0 ? {} : { failures }) };
}

function nameOf(object: unknown): string {
  const { metadata, name } = (object ?? {}) as {
    readonly name?: unknown;
    readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown } | null;
  };
  if (typeof name === 'string') return name;
  const own = typeof metadata?.name === 'string' ? metadata.name : 'without a name';
  return typeof metadata?.namespace === 'string' ? `${metadata.namespace}/${own}` : own;
}
