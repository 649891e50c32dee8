/**
 * Which `Host` a request may carry. A page of some other site can make a browser resolve its own name
 * to this address (DNS rebinding) and then read what it likes; it cannot make the browser send
 * another name. Health probes and Prometheus call by IP address, which nobody can rebind.
 */
import { isIP } from 'node:net';

import type { ListenAddress } from './listen-address';

const wildcards = new Set(['0.0.0.0', '::', '']);

/**
 * @param configured further host names, without a port: those under which a proxy, a container
 *   network or a Service reaches this server.
 */
export function createHostCheck(
  listen: Pick<ListenAddress, 'host'>,
  configured: readonly string[],
): (header: string | undefined) => boolean {
  const names = new Set(
    ['localhost', '127.0.0.1', '::1', listen.host, ...configured].map((name) => name.toLowerCase()),
  );
  const everywhere = wildcards.has(listen.host);
  return (header) => {
    const host = hostOf(header);
    if (host === undefined) return false;
    return names.has(host) || (everywhere && isIP(host) !== 0);
  };
}

/** The host of a Host header in lower case, without port and brackets. */
function hostOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header ?? '');
  const host = match?.[1] ?? match?.[2];
  return host?.toLowerCase().replace(/\.$/, '');
}
