/**
 * Stale beats wrong, and wrong never happens: whether the address that a link had may stay in use
 * while the link does not resolve.
 */
import type { Catalog } from '../../catalog/catalog';
import { aliasesOf, type MeshService } from '../../catalog/service';
import type { LinkWish } from './link-claim';
import { isPlaceholder } from './placeholder';
import type { HostPort } from './translation';

export interface LastGood {
  /** The address to keep for a Kong service, or undefined where requests must be refused. */
  addressFor(serviceId: string, wish: LinkWish): HostPort | undefined;
}

/**
 * An address may stay where nobody else has it by now (VIPs and outbound ports are given out again),
 * or where whoever has it is still one of those the reference names: then the reference only became
 * ambiguous, or its port did.
 */
export function createLastGood(
  catalog: Catalog,
  previous: ReadonlyMap<string, HostPort> | undefined,
): LastGood {
  let owners: ReadonlyMap<string, readonly MeshService[]> | undefined;
  return {
    addressFor(serviceId, wish) {
      const address = previous?.get(serviceId);
      if (!address || isPlaceholder(address.host)) return undefined;
      owners ??= addressOwners(catalog);
      const claimants = [
        ...(owners.get(address.host.toLowerCase()) ?? []),
        ...(owners.get(`${address.host.toLowerCase()} ${address.port}`) ?? []),
      ];
      return claimants.every((owner) => isNamed(owner, wish)) ? address : undefined;
    },
  };
}

/** By host where the host is the service's alone, by host and port for outbounds. */
function addressOwners(catalog: Catalog): ReadonlyMap<string, readonly MeshService[]> {
  const owners = new Map<string, MeshService[]>();
  const own = (key: string, service: MeshService): void => {
    const list = owners.get(key);
    if (list) list.push(service);
    else owners.set(key, [service]);
  };
  for (const service of catalog.services) {
    for (const host of new Set([...service.vips, ...service.hostnames])) {
      own(host.toLowerCase(), service);
    }
    for (const port of service.ports) {
      for (const host of port.servedAt?.hostnames ?? []) own(host.toLowerCase(), service);
      const { outbound } = catalog.addressesOf(service, port);
      if (outbound) own(`${outbound.host.toLowerCase()} ${outbound.port}`, service);
    }
  }
  return owners;
}

/** Whether the wish could mean this service. */
function isNamed(service: MeshService, wish: LinkWish): boolean {
  const aliases = new Set(aliasesOf(service));
  return wish.names.some((name) => aliases.has(name.toLowerCase()));
}
