import { isIP } from 'node:net';

/**
 * The addresses of a host name. An empty list is NXDOMAIN; a throw is a DNS server that cannot be reached.
 */
export type Resolve = (name: string) => readonly string[] | Promise<readonly string[]>;

/** Names with their addresses. */
export type HostTable = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A resolver from a table. It knows the loopback names besides; everything else does not exist. */
export function tableResolver(hosts: HostTable = {}): Resolve {
  return (name) => {
    const found = hosts[name] ?? hosts[name.toLowerCase()];
    if (typeof found === 'string') return [found];
    if (found) return found;
    return /^(.+\.)?localhost\.?$/i.test(name) ? ['127.0.0.1'] : [];
  };
}

/** Kong's `hostname_type`: what a service's host is decides how a target is looked up later. */
export function hostType(host: string): 'ipv4' | 'ipv6' | 'name' {
  const version = isIP(host.replace(/^\[|\]$/g, ''));
  if (version === 4) return 'ipv4';
  return version === 6 ? 'ipv6' : 'name';
}
