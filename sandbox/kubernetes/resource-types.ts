/** The kinds that the stand-in serves. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** List items of built-in kinds have no kind and apiVersion; those of CRDs do. */
  readonly builtIn: boolean;
}

const kuma = { group: 'kuma.io', version: 'v1alpha1', builtIn: false } as const;

export const resourceTypes: readonly ResourceType[] = [
  builtIn('', 'v1', 'services', 'Service'),
  builtIn('', 'v1', 'pods', 'Pod'),
  builtIn('', 'v1', 'secrets', 'Secret'),
  builtIn('apps', 'v1', 'deployments', 'Deployment'),
  builtIn('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  builtIn('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  { ...builtIn('networking.k8s.io', 'v1', 'ingressclasses', 'IngressClass'), namespaced: false },
  {
    group: 'configuration.konghq.com',
    version: 'v1alpha1',
    plural: 'ingressclassparameterses',
    kind: 'IngressClassParameters',
    namespaced: true,
    builtIn: false,
  },
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

function builtIn(group: string, version: string, plural: string, kind: string): ResourceType {
  return { group, version, plural, kind, namespaced: true, builtIn: true };
}
