/** The kinds the stand-in serves: path, scope, and which labels and KRI they carry (as recorded). */

export interface Kind {
  readonly type: string;
  /** The path segment of its collection. */
  readonly path: string;
  readonly scope: 'mesh' | 'global';
  /** The middle of the KRI; kinds without one show no `kri`. */
  readonly short?: string;
  /**
   * `zone`: a zone control plane adds env, mesh, origin and zone. `mesh`: only `kuma.io/mesh`, as the
   * older kinds and those that belong to the global control plane. `none`: no labels.
   */
  readonly labels: 'zone' | 'mesh' | 'none';
  /** Written on the zone control plane only: 405 on a global one. */
  readonly zoneOnly?: true;
  /** Computed by the control plane: PUT and DELETE are 405. */
  readonly readOnly?: true;
  /** Gone in 3.x. */
  readonly removedIn3?: true;
}

export const KINDS: readonly Kind[] = [
  { type: 'Mesh', path: 'meshes', scope: 'global', short: 'm', labels: 'none' },
  { type: 'Zone', path: 'zones', scope: 'global', short: 'z', labels: 'none' },
  {
    type: 'ZoneIngress',
    path: 'zoneingresses',
    scope: 'global',
    short: 'zi',
    labels: 'zone',
    removedIn3: true,
  },
  {
    type: 'ZoneEgress',
    path: 'zoneegresses',
    scope: 'global',
    short: 'ze',
    labels: 'zone',
    removedIn3: true,
  },
  {
    type: 'HostnameGenerator',
    path: 'hostnamegenerators',
    scope: 'global',
    short: 'hg',
    labels: 'zone',
  },
  {
    type: 'Dataplane',
    path: 'dataplanes',
    scope: 'mesh',
    short: 'dp',
    labels: 'zone',
    zoneOnly: true,
  },
  {
    type: 'MeshService',
    path: 'meshservices',
    scope: 'mesh',
    short: 'msvc',
    labels: 'zone',
    zoneOnly: true,
  },
  {
    type: 'MeshExternalService',
    path: 'meshexternalservices',
    scope: 'mesh',
    short: 'extsvc',
    labels: 'zone',
  },
  {
    type: 'MeshMultiZoneService',
    path: 'meshmultizoneservices',
    scope: 'mesh',
    short: 'mzsvc',
    labels: 'mesh',
  },
  {
    type: 'ServiceInsight',
    path: 'service-insights',
    scope: 'mesh',
    labels: 'none',
    readOnly: true,
  },
  {
    type: 'ExternalService',
    path: 'external-services',
    scope: 'mesh',
    labels: 'mesh',
    removedIn3: true,
  },
  {
    type: 'VirtualOutbound',
    path: 'virtual-outbounds',
    scope: 'mesh',
    labels: 'mesh',
    removedIn3: true,
  },
  { type: 'Workload', path: 'workloads', scope: 'mesh', short: 'wl', labels: 'zone' },
  { type: 'MeshIdentity', path: 'meshidentities', scope: 'mesh', short: 'mid', labels: 'zone' },
  { type: 'MeshTrust', path: 'meshtrusts', scope: 'mesh', short: 'mtrust', labels: 'zone' },
  {
    type: 'MeshZoneAddress',
    path: 'meshzoneaddresses',
    scope: 'mesh',
    short: 'mza',
    labels: 'zone',
  },
  {
    type: 'MeshGateway',
    path: 'meshgateways',
    scope: 'mesh',
    short: 'mgw',
    labels: 'zone',
    removedIn3: true,
  },
  {
    type: 'MeshTrafficPermission',
    path: 'meshtrafficpermissions',
    scope: 'mesh',
    short: 'mtp',
    labels: 'zone',
  },
  { type: 'MeshTimeout', path: 'meshtimeouts', scope: 'mesh', short: 'mt', labels: 'zone' },
  { type: 'MeshRetry', path: 'meshretries', scope: 'mesh', short: 'mr', labels: 'zone' },
  {
    type: 'MeshCircuitBreaker',
    path: 'meshcircuitbreakers',
    scope: 'mesh',
    short: 'mcb',
    labels: 'zone',
  },
  {
    type: 'MeshHealthCheck',
    path: 'meshhealthchecks',
    scope: 'mesh',
    short: 'mhc',
    labels: 'zone',
  },
  { type: 'MeshHTTPRoute', path: 'meshhttproutes', scope: 'mesh', short: 'mhttpr', labels: 'zone' },
  { type: 'MeshTCPRoute', path: 'meshtcproutes', scope: 'mesh', short: 'mtcpr', labels: 'zone' },
  { type: 'MeshAccessLog', path: 'meshaccesslogs', scope: 'mesh', short: 'mal', labels: 'zone' },
  { type: 'MeshTLS', path: 'meshtlses', scope: 'mesh', short: 'mtls', labels: 'zone' },
  { type: 'MeshPassthrough', path: 'meshpassthroughs', scope: 'mesh', short: 'mp', labels: 'zone' },
  {
    type: 'MeshLoadBalancingStrategy',
    path: 'meshloadbalancingstrategies',
    scope: 'mesh',
    short: 'mlbs',
    labels: 'zone',
  },
  { type: 'Secret', path: 'secrets', scope: 'mesh', labels: 'mesh' },
];

const BY_PATH = new Map(KINDS.map((kind) => [kind.path, kind]));
const BY_TYPE = new Map(KINDS.map((kind) => [kind.type, kind]));

export function kindByPath(path: string): Kind | undefined {
  return BY_PATH.get(path);
}

/** Throws on a type the stand-in does not know: a mistake in the test that uses it. */
export function kindByType(type: string): Kind {
  const kind = BY_TYPE.get(type);
  if (!kind) throw new TypeError(`the stand-in control plane has no kind ${type}`);
  return kind;
}
