import { type AddressInfo, createServer } from 'node:net';

/**
 * Resets every connection, at once or when a request comes: a target that refuses, and that can count how
 * often it was tried.
 */
export async function startRefusingListener(when: 'connect' | 'request' = 'connect'): Promise<{
  readonly port: number;
  connects: () => number;
  stop: () => Promise<void>;
}> {
  let connects = 0;
  const server = createServer((socket) => {
    connects++;
    socket.on('error', () => undefined);
    if (when === 'connect') socket.resetAndDestroy();
    else socket.once('data', () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connects: () => connects,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
