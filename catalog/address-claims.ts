/**
 * Whose a VIP or a host name is. Two control planes, two clusters or two generators may give out the
 * same one: it then counts for the service of the gateway's own zone, or for none.
 */
import { isSameService } from './bindings';
import { listDifference } from './list-difference';
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

interface Claim {
  readonly host: string;
  readonly port: number;
  readonly key: string;
}

const claims = new WeakMap<MeshService, readonly Claim[]>();

/** Once for each object: a list shares most of them with the one before it. */
function claimsOf(service: MeshService): readonly Claim[] {
  let made = claims.get(service);
  if (!made) {
    made = listClaims(service);
    claims.set(service, made);
  }
  return made;
}

function listClaims({ alias, ports, vips, hostnames }: MeshService): readonly Claim[] {
  // It leads to another service's address and claims none.
  if (alias === true) return [];
  const all = ports.flatMap(({ port, servedAt }) => {
    const at = servedAt?.port ?? port;
    const hosts = servedAt ? servedAt.hostnames : [...vips, ...hostnames];
    return hosts.map((host) => ({ host, port: at, key: keyOf(host, at) }));
  });
  return [...new Map(all.map((claim) => [claim.key, claim])).values()];
}

/** Who claims which address, in the list that was looked at last. */
interface Claims {
  services: readonly MeshService[];
  /** Alone where there is one, which is nearly always; as often as it is listed. */
  readonly holders: Map<string, MeshService | readonly MeshService[]>;
  readonly contested: Set<string>;
  found: readonly Claimed[];
}

const latest: Claims = { services: [], holders: new Map(), contested: new Set(), found: [] };

/** The addresses of several services. From one list to the next only what went and came is looked at. */
function severalOf(services: readonly MeshService[]): readonly Claimed[] {
  if (latest.services === services) return latest.found;
  const { gone, come } = listDifference(latest.services, services);
  for (const service of gone) for (const { key } of claimsOf(service)) withdraw(service, key);
  for (const service of come) for (const { key } of claimsOf(service)) enter(service, key);
  latest.services = services;
  const { contested } = latest;
  const order = new Map(contested.size === 0 ? [] : services.map((one, at) => [one, at]));
  // By address, and its claimants as they are listed: which of them came last means nothing.
  latest.found = [...contested].sort().flatMap((key) => {
    const all = new Set([latest.holders.get(key) ?? []].flat());
    const claimants = [...all].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    const [, second] = claimants;
    const claim = second && claimsOf(second).find((one) => one.key === key);
    return claim ? [{ host: claim.host, port: claim.port, claimants }] : [];
  });
  return latest.found;
}

function enter(service: MeshService, key: string): void {
  const held = latest.holders.get(key);
  if (held === undefined) latest.holders.set(key, service);
  else {
    latest.holders.set(key, [held, service].flat());
    latest.contested.add(key);
  }
}

function withdraw(service: MeshService, key: string): void {
  const held = [latest.holders.get(key) ?? []].flat();
  held.splice(held.indexOf(service), 1);
  const [only] = held;
  if (held.length < 2) latest.contested.delete(key);
  if (only === undefined) latest.holders.delete(key);
  else latest.holders.set(key, held.length === 1 ? only : held);
}

/** Host names that differ in case only are one name to DNS. */
function keyOf(host: string, port: number): string {
  return `${host.toLowerCase()} ${port}`;
}
