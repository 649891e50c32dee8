/** How the versions of a control plane differ in what the stand-in does. */

/**
 * `2.14` is recorded. `3.x` is the recorded main branch of August 2026. `3.0` is what its documentation and
 * pull requests say of the release where that differs; it was not recorded.
 */
export type FlavourName = '2.14' | '3.x' | '3.0';

export interface Flavour {
  readonly name: FlavourName;
  /** What `/` says. */
  readonly version: string;
  /** `kuma.io/service` tags of inbounds and outbounds, Mesh.mtls and Mesh.meshServices mean something. */
  readonly tags: boolean;
  /** `networking.gateway` is kept; without it the block is dropped on write, and `?gateway=` is ignored. */
  readonly gatewayBlock: boolean;
  /** `service-insights`: one per service, an empty list, or no such path. */
  readonly serviceInsights: 'full' | 'empty' | 'absent';
  /** A new mesh gets a MeshRetry. The stand-in of 2.14 never made one. */
  readonly defaultPolicies: boolean;
  /** Reserved `kuma.io/` labels that it does not know are refused. */
  readonly refusesReservedLabels: boolean;
  /** A backendRef by name binds the oldest match of the display name. */
  readonly namesAreLabels: boolean;
  /** How often a proxy is told of changes. */
  readonly refreshMs: number;
}

const FLAVOURS: Readonly<Record<FlavourName, Flavour>> = {
  '2.14': {
    name: '2.14',
    version: '2.14.3',
    tags: true,
    gatewayBlock: true,
    serviceInsights: 'full',
    defaultPolicies: false,
    refusesReservedLabels: false,
    namesAreLabels: false,
    refreshMs: 1_000,
  },
  '3.x': {
    name: '3.x',
    version: '3.0.0-preview',
    tags: false,
    gatewayBlock: true,
    serviceInsights: 'empty',
    defaultPolicies: true,
    refusesReservedLabels: false,
    namesAreLabels: false,
    refreshMs: 1_000,
  },
  '3.0': {
    name: '3.0',
    version: '3.0.0',
    tags: false,
    gatewayBlock: false,
    serviceInsights: 'absent',
    defaultPolicies: false,
    refusesReservedLabels: true,
    namesAreLabels: true,
    refreshMs: 10_000,
  },
};

export function flavourOf(name: FlavourName): Flavour {
  return FLAVOURS[name];
}
