/**
 * Which outbound leads to which port. An outbound counts only where it means exactly one service: by
 * labels or by tags it may fit several, and the control plane then picks one of them by itself.
 */
import { targetKey, type Outbound } from './gateway';
import { keyOf, kindRank, serviceKey, type MeshService, type MeshServicePort } from './service';

export interface OutboundIndex {
  /** Of several outbounds to one port the first one counts: the order of the Dataplane is stable. */
  find(service: MeshService, port: MeshServicePort): Outbound | undefined;
  /** All that lead to it and to nothing else, whatever the port. */
  of(service: MeshService): readonly Outbound[];
  /** Outbounds that could lead to several services: they count for none of them. */
  readonly ambiguous: readonly AmbiguousOutbound[];
}

export interface AmbiguousOutbound {
  readonly outbound: Outbound;
  readonly services: readonly MeshService[];
}

/**
 * @param services every service of the observation: what is left out of it cannot make an outbound
 * ambiguous.
 * @param zone of the Dataplane: a reference by name is looked up there only.
 */
export function indexOutbounds(
  outbounds: readonly Outbound[],
  services: readonly MeshService[],
  zone?: string,
): OutboundIndex {
  const byService = new Map<string, Outbound[]>();
  const ambiguous: AmbiguousOutbound[] = [];
  if (outbounds.length > 0) {
    const names = destinationsByName(services);
    for (const outbound of outbounds) {
      const fitting = servicesOf(outbound, names, services, zone);
      const exact = fitting.filter(
        (service) => !fitting.some((other) => other !== service && contends(other, service)),
      );
      if (exact.length < fitting.length) {
        ambiguous.push({ outbound, services: fitting.filter((one) => !exact.includes(one)) });
      }
      for (const service of exact) {
        const key = keyOf(service);
        const known = byService.get(key);
        if (known) known.push(outbound);
        else byService.set(key, [outbound]);
      }
    }
  }
  const of = (service: MeshService): readonly Outbound[] =>
    byService.size === 0 ? [] : (byService.get(keyOf(service)) ?? []);
  return {
    ambiguous,
    of,
    find(service, port) {
      const leading = of(service).filter((outbound) => leadsTo(outbound, service, port));
      return leading.find(isByName) ?? leading.find(isByLabels) ?? leading[0];
    },
  };
}

/**
 * The outbounds that listen where a destination has one listener, however many outbounds lead to it: the
 * last of each destination and port.
 */
export function listeningOutbounds(
  outbounds: readonly Outbound[],
  services: readonly MeshService[],
  zone?: string,
): readonly Outbound[] {
  const names = destinationsByName(services);
  const destinationOf = (outbound: Outbound): string => {
    const [service, ...others] = servicesOf(outbound, names, services, zone);
    const { target } = outbound;
    if (!service || others.length > 0 || target.type !== 'backendRef') return targetKey(target);
    const { port } = service.ports.find((one) => isPort(target, one.port)) ?? target;
    return `${serviceKey(service)}:${port}`;
  };
  const last = new Map(outbounds.map((outbound) => [destinationOf(outbound), outbound]));
  const listening = new Set(last.values());
  return outbounds.filter((outbound) => listening.has(outbound));
}

/**
 * Whether an outbound leads to all endpoints of this port. One with further tags (a version, a zone)
 * is a subset the user made on purpose: it does not count.
 */
export function leadsTo(outbound: Outbound, service: MeshService, port: MeshServicePort): boolean {
  const { target } = outbound;
  if (target.type === 'tags') {
    const tag = wholeTag(outbound);
    return port.tag !== undefined && tag === port.tag;
  }
  if (target.kind !== service.kind || !isPort(target, port.port)) return false;
  if (target.name !== undefined) return target.name === service.resource;
  return hasLabels(service, target.labels);
}

/** The one port of a MeshExternalService need not be named: 0 stands for it. */
function isPort({ kind, port }: Reference, wanted: number): boolean {
  return port === wanted || (port === 0 && kind === 'MeshExternalService');
}

type Reference = Extract<Outbound['target'], { readonly type: 'backendRef' }>;

/** Whether a reference by labels fits a service. */
export function hasLabels(
  service: Pick<MeshService, 'labels' | 'resource'>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  const labels = Object.entries(wanted);
  return (
    labels.length > 0 &&
    labels.every(
      ([key, value]) =>
        (key === displayName ? displayNameOf(service) : service.labels[key]) === value,
    )
  );
}

const serviceTag = 'kuma.io/service';
const displayName = 'kuma.io/display-name';

/** A resource that bears no display name is displayed by its own one. */
function displayNameOf({ labels, resource }: Pick<MeshService, 'labels' | 'resource'>): string {
  return labels[displayName] ?? resource;
}

/**
 * A tag, a Kubernetes Service and a resource made of them are one destination in three forms; two of
 * one form are two destinations.
 */
function contends(a: MeshService, b: MeshService): boolean {
  const isSame = a.resource === b.resource && serviceKey(a) === serviceKey(b);
  return !isSame && kindRank[a.kind] === kindRank[b.kind];
}

interface Destinations {
  readonly byResource: ReadonlyMap<string, readonly MeshService[]>;
  readonly byDisplayName: ReadonlyMap<string, readonly MeshService[]>;
  readonly byTag: ReadonlyMap<string, readonly MeshService[]>;
}

const known = new WeakMap<readonly MeshService[], Destinations>();

/** Once for each list: an observation is indexed for the gateway and for each of its Dataplanes. */
function destinationsByName(services: readonly MeshService[]): Destinations {
  const found = known.get(services);
  if (found) return found;
  const byResource = new Map<string, MeshService[]>();
  const byDisplayName = new Map<string, MeshService[]>();
  const byTag = new Map<string, MeshService[]>();
  const add = (map: Map<string, MeshService[]>, key: string, service: MeshService): void => {
    const list = map.get(key);
    if (!list) map.set(key, [service]);
    else if (list.at(-1) !== service) list.push(service);
  };
  for (const service of services) {
    add(byResource, `${service.kind}:${service.resource}`, service);
    add(byDisplayName, `${service.kind}:${displayNameOf(service)}`, service);
    for (const { tag } of service.ports) if (tag !== undefined) add(byTag, tag, service);
  }
  const made = { byResource, byDisplayName, byTag };
  known.set(services, made);
  return made;
}

/** Every service that an outbound could lead to, whatever its port. */
function servicesOf(
  outbound: Outbound,
  names: Destinations,
  services: readonly MeshService[],
  zone: string | undefined,
): readonly MeshService[] {
  const { target } = outbound;
  if (target.type === 'tags') {
    const tag = wholeTag(outbound);
    return tag === undefined ? [] : (names.byTag.get(tag) ?? []);
  }
  if (target.name !== undefined) {
    const named = names.byResource.get(`${target.kind}:${target.name}`) ?? [];
    // Two control planes may each have one of this name: the sidecar knows that of its own zone.
    const local = named.filter((service) => zone !== undefined && service.zone === zone);
    return named.length > 1 && local.length > 0 ? local : named;
  }
  const wanted = target.labels[displayName];
  const bearing =
    wanted === undefined
      ? services.filter(({ kind }) => kind === target.kind)
      : (names.byDisplayName.get(`${target.kind}:${wanted}`) ?? []);
  return bearing.filter((service) => hasLabels(service, target.labels));
}

/** The `kuma.io/service` of an outbound that names nothing else. */
function wholeTag({ target }: Outbound): string | undefined {
  if (target.type !== 'tags' || Object.keys(target.tags).length !== 1) return undefined;
  return target.tags[serviceTag];
}

function isByName({ target }: Outbound): boolean {
  return target.type === 'backendRef' && target.name !== undefined;
}

function isByLabels({ target }: Outbound): boolean {
  return target.type === 'backendRef';
}
