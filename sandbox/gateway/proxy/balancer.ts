import { hostType, type Resolve } from './resolver';
import type { UpstreamRing } from './upstream-ring';

/**
 * Kong's `balancer_data`: where a request goes. Plugins read and replace it through `nginx.get_ctx` and
 * `nginx.set_ctx`, hence the names and units (milliseconds) of Kong.
 */
export interface BalancerData {
  scheme: string;
  /** Computed from the service's host, and not from what a plugin sets later. */
  type: string;
  host: string;
  port: number;
  retries: number;
  connect_timeout: number;
  send_timeout: number;
  read_timeout: number;
  try_count: number;
  tries: readonly unknown[];
}

export type PeerChoice =
  | {
      readonly kind: 'peer';
      readonly ip: string;
      readonly port: number;
      /** What the Host header is made of. */
      readonly hostname: string;
    }
  /** Answered by Kong's code, hence JSON. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** Answered by nginx after the connect fails, hence its error page. */
  | { readonly kind: 'no-host-allowed'; readonly host: string; readonly port: number };

export interface BalancerWorld {
  readonly upstreams: ReadonlyMap<string, UpstreamRing>;
  readonly resolve: Resolve;
  /** Counts the tries of the whole gateway: spreads them over the addresses of one name. */
  readonly nextTurn: () => number;
}

/**
 * Picks the peer for the next try.
 *
 * A host that is not a name is used as it is, so a name that a plugin put in the place of an IP literal is
 * never resolved: nginx refuses to connect to it. A name is an upstream's first, then DNS's.
 */
export async function choosePeer(
  { type, host, port }: BalancerData,
  world: BalancerWorld,
): Promise<PeerChoice> {
  if (type !== 'name') {
    if (hostType(host) === 'name') return { kind: 'no-host-allowed', host, port };
    return { kind: 'peer', ip: host.replace(/^\[|\]$/g, ''), port, hostname: host };
  }
  const ring = world.upstreams.get(host);
  if (ring) return chooseTarget(ring, world);
  const address = await addressOf(host, world);
  if (address === unreachable) {
    return { kind: 'refused', status: 500, message: 'An unexpected error occurred' };
  }
  if (address === undefined) {
    return { kind: 'refused', status: 503, message: 'name resolution failed' };
  }
  return { kind: 'peer', ip: address, port, hostname: host };
}

/** A target that does not resolve is passed over while there are others. */
async function chooseTarget(ring: UpstreamRing, world: BalancerWorld): Promise<PeerChoice> {
  for (let look = 0; look < Math.max(ring.size * 2, 1); look++) {
    const target = ring.next();
    if (!target) break;
    const address = await addressOf(target.host, world);
    if (address === undefined || address === unreachable) continue;
    const hostname = ring.hostHeader ?? target.host;
    return { kind: 'peer', ip: address, port: target.port, hostname };
  }
  return {
    kind: 'refused',
    status: 503,
    message: 'failure to get a peer from the ring-balancer',
  };
}

const unreachable = Symbol('DNS cannot be reached');

async function addressOf(
  host: string,
  { resolve, nextTurn }: BalancerWorld,
): Promise<string | typeof unreachable | undefined> {
  if (hostType(host) !== 'name') return host.replace(/^\[|\]$/g, '');
  try {
    const addresses = await resolve(host);
    return addresses.length === 0 ? undefined : addresses[nextTurn() % addresses.length];
  } catch {
    return unreachable;
  }
}

/** The Host header for a peer: the scheme's own port is left out. */
export function hostHeaderFor(hostname: string, port: number, scheme: string): string {
  const isDefault = (port === 80 && scheme === 'http') || (port === 443 && scheme === 'https');
  return isDefault ? hostname : `${hostname}:${port}`;
}
