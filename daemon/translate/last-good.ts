/**
 * Stale beats wrong, and wrong never happens: whether the address that a link had may stay in use
 * while the link does not resolve.
 */
import type { Catalog } from '../../catalog/catalog';
import type { Outbound, OutboundTarget } from '../../catalog/gateway';
import { aliasesOf, type MeshService } from '../../catalog/service';
import { addressOwners, ownersAt, placeOf, type AddressOwners } from './address-owners';
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
 * ambiguous, or its port did. An outbound that is there leads somewhere, whether the catalog knows
 * that service or not.
 */
export function createLastGood(
  catalog: Catalog,
  previous: ReadonlyMap<string, HostPort> | undefined,
  live: ReadonlyMap<string, HostPort> | undefined,
): LastGood {
  let owners: AddressOwners | undefined;
  let outbounds: ReadonlyMap<string, readonly Outbound[]> | undefined;
  return {
    addressFor(serviceId, wish) {
      const remembered = previous?.get(serviceId);
      const address = remembered ?? live?.get(serviceId);
      if (!address || isPlaceholder(address.host)) return undefined;
      owners ??= addressOwners(catalog);
      outbounds ??= outboundsByPlace(catalog);
      const claimants = ownersAt(owners, address);
      if (!claimants.every((owner) => isNamed(owner, wish))) return undefined;
      const strangers = claimants.length > 0 ? [] : (outbounds.get(placeOf(address)) ?? []);
      // What Kong has may be what the user wrote, which is past the mesh.
      if (!remembered && claimants.length + strangers.length === 0) return undefined;
      return strangers.every(({ target }) => isMeant(target, wish)) ? address : undefined;
    },
  };
}

/** Also those that no service of the catalog has: a subset, or what leads to a service that is gone. */
function outboundsByPlace({ gateway }: Catalog): ReadonlyMap<string, readonly Outbound[]> {
  const byPlace = new Map<string, Outbound[]>();
  for (const outbound of gateway.outbounds) {
    const place = placeOf({ host: outbound.address, port: outbound.port });
    const list = byPlace.get(place);
    if (list) list.push(outbound);
    else byPlace.set(place, [outbound]);
  }
  return byPlace;
}

/** Whether an outbound that leads to no known service leads to the one of the wish, by its names. */
function isMeant(target: OutboundTarget, wish: LinkWish): boolean {
  const wanted = wish.names.map((name) => name.toLowerCase());
  if (target.type === 'tags') {
    const tag = target.tags['kuma.io/service']?.toLowerCase();
    if (tag === undefined || Object.keys(target.tags).length > 1) return false;
    const dotted = kubernetesTag.test(tag) ? `${tag.replaceAll('_', '.')}.` : undefined;
    return wanted.some((name) => name === tag || dotted?.startsWith(`${name}.`) === true);
  }
  const resource = (target.labels['kuma.io/display-name'] ?? target.name)?.toLowerCase();
  if (resource === undefined) return false;
  return wanted.some((name) => name === resource || name.startsWith(`${resource}.`));
}

/** `orders_shop_svc_8080`: its parts are those of a reference. */
const kubernetesTag = /^[^_]+_[^_]+_svc(?:_\d+)?$/;

/** Whether the wish could mean this service. */
function isNamed(service: MeshService, wish: LinkWish): boolean {
  const aliases = new Set(aliasesOf(service));
  return wish.names.some((name) => aliases.has(name.toLowerCase()));
}
