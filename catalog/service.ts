/**
 * The mesh service: what a Kong entity can be linked to, whatever resource the mesh describes it by.
 */

/**
 * What the mesh calls it. `LegacyService` is a `kuma.io/service` tag without a resource of its own,
 * `ExternalService` its external twin (both until Kuma 2.14), `KubernetesService` a plain Service.
 */
export const meshServiceKinds = [
  'MeshService',
  'MeshMultiZoneService',
  'MeshExternalService',
  'KubernetesService',
  'LegacyService',
  'ExternalService',
] as const;
export type MeshServiceKind = (typeof meshServiceKinds)[number];

/** `unavailable`: the mesh knows of no endpoint that could answer. `unknown`: the mesh does not say. */
export type Availability = 'available' | 'unavailable' | 'unknown';

export interface MeshServicePort {
  /** The port users name: of the MeshService, of the Kubernetes Service, or 80 for a bare tag. */
  readonly port: number;
  readonly name?: string;
  /** `http`, `http2`, `grpc`, `tcp`, `tls`, `kafka`: the mesh's own words. */
  readonly protocol?: string;
  /** The `kuma.io/service` value that stands for exactly this port. */
  readonly tag?: string;
  /**
   * Where the mesh serves this port when that is not the service's own names and port: a legacy tag
   * is served under `<tag>.mesh` at port 80 whatever its endpoints listen on.
   */
  readonly servedAt?: { readonly hostnames: readonly string[]; readonly port: number };
}

/** What identifies a service to a reference; the snapshot's services have it too. */
export interface Referable {
  readonly kind: MeshServiceKind;
  /** The display name: what its author called it, without any hash suffix of a synced copy. */
  readonly name: string;
  readonly namespace?: string;
  readonly zone?: string;
  /** Host names that the mesh resolves to it, the preferred one first. */
  readonly hostnames: readonly string[];
  readonly ports: readonly ReferablePort[];
}

export type ReferablePort = Pick<MeshServicePort, 'port' | 'name' | 'tag' | 'servedAt'>;

export interface MeshService extends Referable {
  readonly mesh: string;
  /** Name of the resource in the control plane: what a `backendRef` by name holds. */
  readonly resource: string;
  /** Labels that identify it across zones: what a `backendRef` by labels holds. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly MeshServicePort[];
  /** Another name for what has its address elsewhere: an ExternalName Service. It has no address of its own. */
  readonly alias?: true;
  /** Addresses that stand for the service as a whole: mesh VIPs, or the ClusterIP. Never pod IPs. */
  readonly vips: readonly string[];
  readonly availability: Availability;
  /** Labels of the Dataplanes behind it, where it selects by labels. */
  readonly selects?: Readonly<Record<string, string>>;
  /** Endpoints as the mesh counts them, where it does. */
  readonly endpoints?: { readonly total: number; readonly healthy: number };
}

/** One key per service of an observation, stable across observations; the catalog sorts by it. */
export function serviceKey(service: Omit<Referable, 'hostnames' | 'ports'>): string {
  return [service.kind, service.name, service.namespace ?? '', service.zone ?? ''].join('/');
}

const keys = new WeakMap<object, string>();

/** The same, once for each object: an observation shares most of them with the one before it. */
export function keyOf(service: MeshService): string {
  let key = keys.get(service);
  if (key === undefined) {
    key = serviceKey(service);
    keys.set(service, key);
  }
  return key;
}

/**
 * The mesh's own resources come before the Service or the tag they were made from: kinds of different
 * rank may be one service in several forms, kinds of one rank never are.
 */
export const kindRank: Readonly<Record<MeshServiceKind, number>> = {
  MeshService: 0,
  MeshMultiZoneService: 0,
  MeshExternalService: 0,
  KubernetesService: 1,
  LegacyService: 2,
  ExternalService: 2,
};

const kindSuffix: Readonly<Partial<Record<MeshServiceKind, string>>> = {
  MeshService: 'svc',
  MeshMultiZoneService: 'mzsvc',
  MeshExternalService: 'extsvc',
};

/**
 * Every reference that names this service: `name`, `name.namespace`, `name.namespace.zone`
 * (`name.zone` where there is no namespace), `name.<kind word>` with the words the mesh's own host
 * names use, Kubernetes DNS forms, legacy tags and host names. Lower case, without duplicates.
 */
export function aliasesOf(service: Referable): readonly string[] {
  return [...new Set(exactAliasesOf(service).map((alias) => alias.toLowerCase()))];
}

/** The same as they are spelled: services of one name may differ in case alone. */
export function exactAliasesOf(service: Referable): readonly string[] {
  const { name, namespace, zone } = service;
  const aliases = new Set<string>([name]);
  if (zone !== undefined && namespace === undefined) aliases.add(`${name}.${zone}`);
  if (namespace !== undefined) {
    aliases.add(`${name}.${namespace}`);
    if (zone !== undefined) aliases.add(`${name}.${namespace}.${zone}`);
  }
  const suffix = kindSuffix[service.kind];
  if (suffix !== undefined) aliases.add(`${name}.${suffix}`);
  if (namespace !== undefined && isNamespacedByDns(service.kind)) {
    aliases.add(`${name}.${namespace}.svc`);
    aliases.add(`${name}.${namespace}.svc.cluster.local`);
  }
  for (const hostname of service.hostnames) aliases.add(hostname);
  for (const port of service.ports) {
    if (port.tag !== undefined) aliases.add(port.tag);
    for (const hostname of port.servedAt?.hostnames ?? []) aliases.add(hostname);
  }
  return [...aliases];
}

/**
 * The reference that tells this service from its namesakes: with namespace and zone, or with the
 * kind word. It is what messages suggest, so it must be one that `aliasesOf` holds.
 */
export function fullReference(service: Referable): string {
  const { kind, name, namespace, zone } = service;
  if (kind === 'MeshMultiZoneService' || kind === 'MeshExternalService') {
    return `${name}.${kindSuffix[kind] ?? ''}`;
  }
  const tag = service.ports[0]?.tag;
  if ((kind === 'LegacyService' || kind === 'ExternalService') && tag !== undefined) return tag;
  return [name, namespace, zone].filter((part) => part !== undefined).join('.');
}

/**
 * The host name a backend expects to see: the preferred mesh host name of the port, else of the
 * service, else its reference (a MeshMultiZoneService of a zone without a generator has no host name).
 */
export function meshHostname(service: Referable, port: ReferablePort): string {
  return port.servedAt?.hostnames[0] ?? service.hostnames[0] ?? fullReference(service);
}

/**
 * Host names in a fixed order, the preferred one first: legal DNS names before those with an
 * underscore (Kubernetes and some clients refuse those), shorter before longer, then by letter. A
 * service may have several generators; the same one must win on every pass.
 */
export function orderHostnames(hostnames: Iterable<string>): readonly string[] {
  return [...new Set(hostnames)].sort(
    (a, b) =>
      Number(a.includes('_')) - Number(b.includes('_')) ||
      a.length - b.length ||
      (a < b ? -1 : a > b ? 1 : 0),
  );
}

function isNamespacedByDns(kind: MeshServiceKind): boolean {
  return kind === 'MeshService' || kind === 'KubernetesService' || kind === 'LegacyService';
}
