/**
 * What a caller may cost: one answer at a time on a connection, each in bounded time, over a bounded
 * number of connections. A caller that sends requests and never reads their answers would otherwise
 * have all of them made and kept at once.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface CallerLimits {
  readonly connections: number;
  /** Of them from one address, so that one caller leaves some to all others. */
  readonly perAddress: number;
  /** Requests of one connection that wait for the answers before them; more end the connection. */
  readonly waiting: number;
  /** From the turn of a request until its answer has left. */
  readonly answerMs: number;
}

const defaults: CallerLimits = { connections: 128, perAddress: 64, waiting: 16, answerMs: 15_000 };

interface Line {
  waiting: number;
  /** Resolves when the newest answer of the connection has left. */
  last: Promise<void>;
}

const deadlines = new WeakMap<ServerResponse, NodeJS.Timeout>();

export interface CallerBounds {
  /**
   * Resolves when the answers before it on its connection have left; false where nobody is left to
   * answer. From then on the answer has its time.
   */
  turnOf(response: ServerResponse): Promise<boolean>;
}

/** Bounds the connections of a server; the turns of its requests are the caller's to await. */
export function boundCallers(server: Server, limits: Partial<CallerLimits> = {}): CallerBounds {
  const { connections, perAddress, waiting, answerMs } = { ...defaults, ...limits };
  const lines = new WeakMap<Socket, Line>();
  server.maxConnections = connections;
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  server.maxHeadersCount = 64;
  limitByAddress(server, perAddress);

  return {
    async turnOf(response) {
      const { socket } = response.req;
      const line = lines.get(socket) ?? { waiting: 0, last: Promise.resolve() };
      lines.set(socket, line);
      if (line.waiting >= waiting) socket.destroy();
      if (socket.destroyed) return false;
      line.waiting += 1;
      const before = line.last;
      line.last = new Promise((resolve) => response.once('close', resolve));
      await before;
      line.waiting -= 1;
      if (isGone(socket)) return false;
      const timer = setTimeout(() => socket.destroy(), answerMs).unref();
      deadlines.set(response, timer);
      response.once('close', () => clearTimeout(timer));
      return true;
    },
  };
}

/** For an answer that has no end: whoever writes it looks after a caller that does not read. */
export function keepOpen(response: ServerResponse): void {
  clearTimeout(deadlines.get(response));
}

function limitByAddress(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    // A unix socket has no addresses.
    const address = socket.remoteAddress;
    if (address === undefined) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** A function, because the compiler would take an earlier check for still true. */
function isGone(socket: Socket): boolean {
  return socket.destroyed;
}
