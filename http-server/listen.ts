import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ListenAddress } from './listen-address';

/**
 * Resolves to the URL, such as `http://127.0.0.1:9650`, once the server listens; rejects with the error of
 * `listen` where the address cannot be had.
 */
export function listenOnAddress(server: Server, { host, port }: ListenAddress): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      // Errors of single connections must not end the process.
      server.on('error', () => undefined);
      resolve(urlOf(server.address() as AddressInfo));
    });
  });
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
