/**
 * Address forms: the ways a gateway can reach a mesh service through its sidecar, and the choice
 * among them. Source of the rules: Kuma's addressing per environment, `docs/explanation/addressing.md`.
 */
import type { Gateway, Outbound } from './gateway';
import type { MeshService, MeshServicePort } from './service';

/**
 * `outbound`: a port of the gateway's own sidecar on loopback. `service-ip`: mesh VIP or ClusterIP.
 * `mesh`: a host name that the mesh's DNS answers.
 */
export type AddressForm = 'outbound' | 'service-ip' | 'mesh';

/** What a link may ask for; `auto` leaves the choice to the environment. */
export type AddressChoice = 'auto' | AddressForm;

export interface Address {
  readonly form: AddressForm;
  readonly host: string;
  readonly port: number;
}

export type Addresses = Readonly<Partial<Record<AddressForm, Address>>>;

/** Every form in which the mesh serves this port to this gateway; a missing form does not exist. */
export function addressesOf(
  service: MeshService,
  port: MeshServicePort,
  outbounds: OutboundIndex,
): Addresses {
  const outbound = outbounds.find(service, port);
  const vip = service.vips[0];
  const hostname = port.servedAt?.hostnames[0] ?? meshNames(service)[0];
  return {
    ...(outbound ? { outbound: address('outbound', outbound.address, outbound.port) } : {}),
    // A legacy VIP (240/4) is in no API answer and serves port 80 only: its name must do.
    ...(vip !== undefined && !port.servedAt
      ? { 'service-ip': address('service-ip', vip, port.port) }
      : {}),
    ...(hostname === undefined
      ? {}
      : { mesh: address('mesh', hostname, port.servedAt?.port ?? port.port) }),
  };
}

/**
 * Whether cluster DNS answers for the service with the IPs of its Pods: a name of it that is not the
 * mesh's own then leads past the mesh, and counts as none.
 */
export function isHeadless(service: Pick<MeshService, 'kind' | 'vips' | 'hostnames'>): boolean {
  if (service.vips.length > 0) return false;
  return service.kind === 'KubernetesService' || service.hostnames.some(isClusterName);
}

function meshNames(service: MeshService): readonly string[] {
  if (!isHeadless(service)) return service.hostnames;
  if (service.kind === 'KubernetesService') return [];
  return service.hostnames.filter((hostname) => !isClusterName(hostname));
}

function isClusterName(hostname: string): boolean {
  return /\.svc(\.cluster\.local)?$/i.test(hostname);
}

/**
 * The forms that work in an environment, the preferred one first. Without transparent proxying only
 * the sidecar's own outbounds are reachable; with it IPs come before names, because Kong's DNS client
 * keeps stale answers for up to an hour.
 */
export function formsFor(
  gateway: Pick<Gateway, 'environment' | 'transparentProxy'>,
): readonly AddressForm[] {
  if (gateway.environment === 'kubernetes') return ['service-ip', 'mesh'];
  return gateway.transparentProxy ? ['service-ip', 'mesh', 'outbound'] : ['outbound'];
}

/** The address that `auto` stands for, or undefined where no reachable form exists (yet). */
export function preferredAddress(
  addresses: Addresses,
  gateway: Pick<Gateway, 'environment' | 'transparentProxy'>,
): Address | undefined {
  for (const form of formsFor(gateway)) {
    const found = addresses[form];
    if (found) return found;
  }
  return undefined;
}

/** Finds the outbound of a port without walking all of them. */
export interface OutboundIndex {
  find(service: MeshService, port: MeshServicePort): Outbound | undefined;
}

/** Of several outbounds to one port the first one counts: the order of the Dataplane is stable. */
export function indexOutbounds(outbounds: readonly Outbound[]): OutboundIndex {
  const byTarget = new Map<string, Outbound>();
  const byLabels = new Map<string, { readonly outbound: Outbound; readonly position: number }[]>();
  for (const [position, outbound] of outbounds.entries()) {
    const { target } = outbound;
    if (target.type === 'backendRef' && target.name === undefined) {
      const key = labelKey(target.kind, target.port, target.labels[displayName]);
      const group = byLabels.get(key) ?? [];
      if (group.length === 0) byLabels.set(key, group);
      group.push({ outbound, position });
      continue;
    }
    const key =
      target.type === 'tags'
        ? `tag:${target.tags['kuma.io/service'] ?? ''}:${Object.keys(target.tags).length}`
        : `ref:${target.kind}:${target.name ?? ''}:${target.port}`;
    if (!byTarget.has(key)) byTarget.set(key, outbound);
  }
  function findByLabels(service: MeshService, port: MeshServicePort): Outbound | undefined {
    const [first] = [displayNameOf(service), undefined]
      .flatMap((name) => byLabels.get(labelKey(service.kind, port.port, name)) ?? [])
      .filter(({ outbound }) => leadsTo(outbound, service, port))
      .sort((a, b) => a.position - b.position);
    return first?.outbound;
  }
  return {
    find(service, port) {
      return (
        byTarget.get(`ref:${service.kind}:${service.resource}:${port.port}`) ??
        (byLabels.size === 0 ? undefined : findByLabels(service, port)) ??
        (port.tag === undefined ? undefined : byTarget.get(`tag:${port.tag}:1`))
      );
    },
  };
}

/**
 * Whether an outbound leads to all endpoints of this port. One with further tags (a version, a zone)
 * is a subset the user made on purpose: it does not count.
 */
export function leadsTo(outbound: Outbound, service: MeshService, port: MeshServicePort): boolean {
  const { target } = outbound;
  if (target.type === 'tags') {
    const tags = Object.entries(target.tags);
    return (
      port.tag !== undefined &&
      tags.length === 1 &&
      tags[0]?.[0] === 'kuma.io/service' &&
      tags[0][1] === port.tag
    );
  }
  if (target.kind !== service.kind || target.port !== port.port) return false;
  if (target.name !== undefined) return target.name === service.resource;
  const labels = Object.entries(target.labels);
  return (
    labels.length > 0 &&
    labels.every(
      ([key, value]) =>
        (key === displayName ? displayNameOf(service) : service.labels[key]) === value,
    )
  );
}

const displayName = 'kuma.io/display-name';

/** A resource that bears no display name is displayed by its own one. */
function displayNameOf({ labels, resource }: MeshService): string {
  return labels[displayName] ?? resource;
}

/** Labels without a display name are a group of their own: any service may bear them. */
function labelKey(kind: string, port: number, name: string | undefined): string {
  return `${kind}:${port}:${name ?? ''}`;
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress({ host, port }: Pick<Address, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function address(form: AddressForm, host: string, port: number): Address {
  return { form, host, port };
}
