/**
 * Whose a VIP or a host name is. Two control planes, two clusters or two generators may give out the
 * same one: it then counts for the service of the gateway's own zone, or for none.
 */
import { isSameService } from './bindings';
import { kindRank, type MeshService } from './service';

export interface AddressClaims {
  /** Whether the address means this service and no other one. */
  isExact(service: MeshService, host: string, port: number): boolean;
  /** Addresses that mean several services and are used for none, or for one of them alone. */
  readonly shared: readonly SharedAddress[];
}

export interface SharedAddress {
  readonly host: string;
  readonly port: number;
  /** Those that it does not count for. */
  readonly services: readonly MeshService[];
}

export function claimAddresses(
  services: readonly MeshService[],
  zone: string | undefined,
): AddressClaims {
  const refused = new Map<string, SharedAddress>();
  for (const { host, port, claimants } of severalOf(services)) {
    // A resource and what it was made from have one address: they are one service in several forms.
    const contested = claimants.filter((one) => claimants.some((other) => contends(one, other)));
    if (contested.length === 0) continue;
    const local = contested.filter((one) => zone !== undefined && one.zone === zone);
    const losing = local.length === 1 ? contested.filter((one) => one !== local[0]) : contested;
    refused.set(keyOf(host, port), { host, port, services: losing });
  }
  return {
    shared: [...refused.values()],
    isExact(service, host, port) {
      const shared = refused.size === 0 ? undefined : refused.get(keyOf(host, port));
      return shared === undefined || !(service.alias === true || shared.services.includes(service));
    },
  };
}

function contends(a: MeshService, b: MeshService): boolean {
  return kindRank[a.kind] === kindRank[b.kind] && !isSameService(a, b);
}

interface Claimed {
  readonly host: string;
  readonly port: number;
  readonly claimants: readonly MeshService[];
}

const known = new WeakMap<readonly MeshService[], readonly Claimed[]>();

/** The addresses of several services. Once for each list: most observations have none such. */
function severalOf(services: readonly MeshService[]): readonly Claimed[] {
  const found = known.get(services);
  if (found) return found;
  const first = new Map<string, MeshService>();
  const several = new Map<string, { host: string; port: number; claimants: MeshService[] }>();
  const claim = (service: MeshService, host: string, port: number): void => {
    const key = keyOf(host, port);
    const before = first.get(key);
    if (before === undefined) first.set(key, service);
    else if (before !== service) {
      const claimed = several.get(key) ?? { host, port, claimants: [before] };
      if (!claimed.claimants.includes(service)) claimed.claimants.push(service);
      several.set(key, claimed);
    }
  };
  for (const service of services) {
    // It leads to another service's address and claims none.
    if (service.alias === true) continue;
    for (const { port, servedAt } of service.ports) {
      for (const host of servedAt?.hostnames ?? []) claim(service, host, servedAt?.port ?? port);
      if (servedAt) continue;
      for (const host of service.vips) claim(service, host, port);
      for (const host of service.hostnames) claim(service, host, port);
    }
  }
  // By address: the order of ports and names in a resource means nothing.
  const made = [...several].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, claimed]) => claimed);
  known.set(services, made);
  return made;
}

/** Host names that differ in case only are one name to DNS. */
function keyOf(host: string, port: number): string {
  return `${host.toLowerCase()} ${port}`;
}
