/** Stands before a server, and can spoil what goes through. */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Has the server answer; with another path where one is given. */
  readonly forward: (path?: string) => Promise<Answer>;
  /** Gives an answer to the client, as it stands. */
  readonly reply: (answer: Answer) => void;
  readonly response: ServerResponse;
  /** Resolves when the fault ends. */
  readonly ended: Promise<void>;
  /** How many exchanges met this fault before. */
  readonly before: number;
}

/** Deals with one exchange. A rejection resets the connection. */
export type HttpFault = (exchange: Exchange) => Promise<void> | void;

export interface Meeting {
  readonly met: number;
  end(): void;
}

export interface FaultyProxy {
  readonly url: string;
  /** Requests so far, `GET /path`, without queries. */
  readonly log: readonly string[];
  /** From now on matching exchanges meet the fault. One fault at a time; `only` gets `GET /path?query`. */
  meet(fault: HttpFault, only?: RegExp): Meeting;
  /** Nothing listens, and every connection is gone. */
  down(): Promise<void>;
  /** Listens again, at the same place. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

const logged = 5_000;

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const log: string[] = [];
  let current:
    { fault: HttpFault; only: RegExp | undefined; met: number; ended: Promise<void> } | undefined;
  let server: Server | undefined;
  const sockets = new Set<Socket>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    log.push(`${method} ${path.replace(/\?.*$/, '')}`);
    if (log.length > 2 * logged) log.splice(0, logged);
    const body = await bodyOf(request);
    const forward = (other = path): Promise<Answer> => ask(target, request, other, body);
    const reply = ({ status, headers, body: bytes }: Answer): void => {
      if (response.destroyed || response.headersSent) return;
      response.writeHead(status, { ...headers, 'content-length': bytes.length }).end(bytes);
    };
    const due = current;
    if (!due || due.only?.test(`${method} ${path}`) === false) {
      reply(await forward());
      return;
    }
    const { ended } = due;
    const before = due.met++;
    await due.fault({ method, path, forward, reply, response, ended, before });
  }

  async function listen(port: number): Promise<number> {
    const opened = createServer((request, response) => {
      handle(request, response).catch(() => response.destroy());
    });
    opened.keepAliveTimeout = 65_000;
    opened.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    server = opened;
    return (opened.address() as AddressInfo).port;
  }

  async function down(): Promise<void> {
    const closing = server;
    server = undefined;
    if (!closing) return;
    await new Promise<void>((resolve) => {
      closing.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  }

  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    log,
    meet(fault, only) {
      let release = (): void => undefined;
      const ended = new Promise<void>((resolve) => (release = resolve));
      const mine = { fault, only, met: 0, ended };
      current = mine;
      return {
        get met() {
          return mine.met;
        },
        end() {
          if (current === mine) current = undefined;
          release();
        },
      };
    },
    down,
    async up() {
      if (!server) await listen(port);
    },
    stop: down,
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function ask(target: string, from: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...from.headers, connection: 'close' };
    const outgoing = httpRequest(`${target}${path}`, { method: from.method, headers });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      bodyOf(incoming).then((bytes) => {
        const kept = { ...incoming.headers };
        for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length']) {
          Reflect.deleteProperty(kept, name);
        }
        resolve({ status: incoming.statusCode ?? 0, headers: kept, body: bytes });
      }, reject);
    });
    outgoing.end(body);
  });
}
