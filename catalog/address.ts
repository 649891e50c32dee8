/**
 * Address forms: the ways a gateway can reach a mesh service through its sidecar, and the choice
 * among them. Source of the rules: Kuma's addressing per environment, `docs/explanation/addressing.md`.
 */
import type { AddressClaims } from './address-claims';
import type { Gateway } from './gateway';
import type { OutboundIndex } from './outbound-index';
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
  claims: AddressClaims,
): Addresses {
  const outbound = outbounds.find(service, port);
  const isExact = (host: string, number: number): boolean => claims.isExact(service, host, number);
  const vip = service.vips.find((host) => isExact(host, port.port));
  const served = port.servedAt?.port ?? port.port;
  const own = port.servedAt?.hostnames ?? [];
  const names = own.length > 0 ? own : meshNames(service);
  const hostname = names.find((host) => isExact(host, served));
  return {
    ...(outbound ? { outbound: address('outbound', outbound.address, outbound.port) } : {}),
    // A legacy VIP (240/4) is in no API answer and serves port 80 only: its name must do.
    ...(vip !== undefined && !port.servedAt
      ? { 'service-ip': address('service-ip', vip, port.port) }
      : {}),
    ...(hostname === undefined ? {} : { mesh: address('mesh', hostname, served) }),
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

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress({ host, port }: Pick<Address, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function address(form: AddressForm, host: string, port: number): Address {
  return { form, host, port };
}
