/** The kinds that the stand-in serves. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Served as well, without any difference. */
  readonly otherVersions?: readonly string[];
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** List items of built-in kinds have no kind and apiVersion; those of CRDs do. */
  readonly builtIn: boolean;
}

const kuma = { group: 'kuma.io', version: 'v1alpha1', builtIn: false } as const;

const gatewayApi = 'gateway.networking.k8s.io';
const operator = 'gateway-operator.konghq.com';

export const resourceTypes: readonly ResourceType[] = [
  builtIn('', 'v1', 'services', 'Service'),
  builtIn('', 'v1', 'pods', 'Pod'),
  builtIn('', 'v1', 'secrets', 'Secret'),
  builtIn('apps', 'v1', 'deployments', 'Deployment'),
  builtIn('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  builtIn('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  { ...builtIn('networking.k8s.io', 'v1', 'ingressclasses', 'IngressClass'), namespaced: false },
  { ...builtIn('', 'v1', 'namespaces', 'Namespace'), namespaced: false },
  builtIn('networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
  builtIn('events.k8s.io', 'v1', 'events', 'Event'),
  crd('configuration.konghq.com', 'v1alpha1', 'ingressclassparameterses', 'IngressClassParameters'),
  crd('configuration.konghq.com', 'v1beta1', 'tcpingresses', 'TCPIngress'),
  crd('incubator.konghq.com', 'v1alpha1', 'kongservicefacades', 'KongServiceFacade'),
  {
    ...crd(gatewayApi, 'v1', 'gatewayclasses', 'GatewayClass', ['v1beta1']),
    namespaced: false,
  },
  crd(gatewayApi, 'v1', 'gateways', 'Gateway', ['v1beta1']),
  crd(gatewayApi, 'v1', 'httproutes', 'HTTPRoute', ['v1beta1']),
  crd(gatewayApi, 'v1', 'grpcroutes', 'GRPCRoute'),
  crd(gatewayApi, 'v1beta1', 'referencegrants', 'ReferenceGrant'),
  crd(gatewayApi, 'v1alpha2', 'tcproutes', 'TCPRoute'),
  crd(gatewayApi, 'v1alpha2', 'tlsroutes', 'TLSRoute', ['v1alpha3']),
  crd(operator, 'v1beta1', 'dataplanes', 'DataPlane'),
  crd(operator, 'v2beta1', 'controlplanes', 'ControlPlane', ['v1beta1']),
  crd(operator, 'v2beta1', 'gatewayconfigurations', 'GatewayConfiguration', ['v1beta1']),
  { ...kuma, plural: 'meshes', kind: 'Mesh', namespaced: false },
  { ...kuma, plural: 'dataplanes', kind: 'Dataplane', namespaced: true },
  { ...kuma, plural: 'meshservices', kind: 'MeshService', namespaced: true },
  { ...kuma, plural: 'meshmultizoneservices', kind: 'MeshMultiZoneService', namespaced: true },
  { ...kuma, plural: 'meshexternalservices', kind: 'MeshExternalService', namespaced: true },
];

/** `v1`, `kuma.io/v1alpha1`: as objects bear it. */
export function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `services`, `dataplanes.kuma.io`: as messages name it. */
export function qualifiedName({ group, plural }: ResourceType): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export function versionsOf({ version, otherVersions = [] }: ResourceType): readonly string[] {
  return [version, ...otherVersions];
}

function crd(
  group: string,
  version: string,
  plural: string,
  kind: string,
  otherVersions: readonly string[] = [],
): ResourceType {
  return { group, version, otherVersions, plural, kind, namespaced: true, builtIn: false };
}

function builtIn(group: string, version: string, plural: string, kind: string): ResourceType {
  return { group, version, plural, kind, namespaced: true, builtIn: true };
}
