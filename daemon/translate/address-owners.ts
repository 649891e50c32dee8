/** Whose an address is: VIPs and outbound ports are given out again. */
import type { Catalog } from '../../catalog/catalog';
import type { MeshService } from '../../catalog/service';
import type { HostPort } from './translation';

export type AddressOwners = ReadonlyMap<string, readonly MeshService[]>;

/** The mesh services that have an address now. */
export function ownersAt(owners: AddressOwners, address: HostPort): readonly MeshService[] {
  const host = address.host.toLowerCase();
  return [...(owners.get(host) ?? []), ...(owners.get(placeOf(address)) ?? [])];
}

/** Key of an address whose port counts. */
export function placeOf({ host, port }: HostPort): string {
  return `${host.toLowerCase()} ${port}`;
}

/** By host where the host is the service's alone, by host and port for outbounds. */
export function addressOwners(catalog: Catalog): AddressOwners {
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
      if (outbound) own(placeOf(outbound), service);
    }
  }
  return owners;
}
