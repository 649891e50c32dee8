/** What listens on this host: asked by trying. */
import { setMaxListeners } from 'node:events';
import { connect, createServer, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

import type { Outbound } from '../../../catalog/gateway';

type Place = Pick<Outbound, 'address' | 'port'>;

/** A connection to a listener of this host takes far less; a full backlog must not stall the others. */
const connectMs = 1_000;
const parallel = 32;

/** Whether an address is one of this host, so that its sidecar is too. A host name is not. */
export function isHere(address: string): boolean {
  if (isIP(address) === 0) return false;
  if (address.startsWith('127.') || address === '::1') return true;
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => entry.address === address),
  );
}

/** Those of the places that something listens at. What cannot be told counts as free. */
export async function takenPlaces<P extends Place>(
  places: readonly P[],
  signal: AbortSignal,
): Promise<readonly P[]> {
  return filterParallel(places, async (place) => !(await canBind(place)), signal);
}

/** Those of the places that accept a connection. */
export async function listeningPlaces<P extends Place>(
  places: readonly P[],
  signal: AbortSignal,
): Promise<readonly P[]> {
  // One listener for all on the caller's signal: from the eleventh on Node warns of a leak.
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const abort = (): void => {
    own.abort();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await filterParallel(places, (place) => accepts(place, own.signal), signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** In the order given; a bounded number at a time. */
async function filterParallel<P>(
  items: readonly P[],
  test: (item: P) => Promise<boolean>,
  signal: AbortSignal,
): Promise<readonly P[]> {
  const passed = new Array<boolean>(items.length).fill(false);
  let next = 0;
  async function work(): Promise<void> {
    for (let index = next++; index < items.length; index = next++) {
      signal.throwIfAborted();
      const item = items[index];
      if (item !== undefined) passed[index] = await test(item);
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, work));
  return items.filter((_, index) => passed[index]);
}

/** Only EADDRINUSE says that it is taken: no permission, or an address elsewhere, says nothing. */
function canBind({ address, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    server.listen({ host: address, port, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

function accepts({ address, port }: Place, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const done = (accepted: boolean) => () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.destroy();
      resolve(accepted);
    };
    const aborted = done(false);
    const timer = setTimeout(aborted, connectMs);
    signal.addEventListener('abort', aborted, { once: true });
    socket.once('connect', done(true));
    socket.once('error', aborted);
  });
}
