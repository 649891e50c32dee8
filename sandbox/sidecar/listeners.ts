import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Destination } from '../control-plane/destinations';
import { forward, headersToForward } from './forward';
import type { Upstreams } from './upstreams';

interface Listener {
  destination: Destination;
  draining: boolean;
  readonly server: Server;
  /** Settles once it listens, or with why it does not. */
  readonly ready: Promise<string | undefined>;
  readonly sockets: Set<Socket>;
}

/** The open listeners of a proxy, by `address:port`. */
export class Listeners {
  readonly #upstreams: Upstreams;
  readonly #open = new Map<string, Listener>();
  readonly #draining = new Set<Listener>();
  readonly #bySocket = new WeakMap<Duplex, Listener>();
  /** Takes sockets over where the destination speaks HTTP; does not listen itself. */
  readonly #http: HttpServer;
  /** While the process is halted: what waits for it to go on. */
  #halted: (() => void)[] | undefined;
  /** Why the last attempt to listen on an address failed. */
  readonly failures = new Map<string, string>();

  constructor(upstreams: Upstreams) {
    this.#upstreams = upstreams;
    this.#http = createHttpServer({
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 3_600_000,
    });
    this.#http.on('request', (request, response) => {
      this.#whenRunning(() => this.#forward(request, response));
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  pause(): void {
    this.#halted ??= [];
  }

  resume(): void {
    const waiting = this.#halted ?? [];
    this.#halted = undefined;
    for (const go of waiting) go();
  }

  #whenRunning(go: () => void): void {
    if (this.#halted) this.#halted.push(go);
    else go();
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const listener = this.#bySocket.get(request.socket);
    if (!listener || !this.#upstreams.of(listener.destination).known) {
      request.socket.resetAndDestroy();
      return;
    }
    if (listener.draining) response.shouldKeepAlive = false;
    forward(request, response, listener.destination, this.#upstreams);
  }

  /** All that are open or about to be. */
  keys(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Those that accept connections, sorted. */
  listening(): readonly string[] {
    return this.keys()
      .filter((key) => this.#open.get(key)?.server.listening)
      .sort();
  }

  destinationOf(key: string): Destination | undefined {
    return this.#open.get(key)?.destination;
  }

  /** Listens, or switches a listener that is open. A failure is kept in `failures` and rejects nothing. */
  async set(key: string, destination: Destination): Promise<void> {
    const existing = this.#open.get(key);
    this.#upstreams.counters.know(destination.cluster);
    if (existing) {
      existing.destination = destination;
      return;
    }
    // As Envoy: otherwise a body waits 40 ms for the acknowledgement of its head.
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket, listener));
    const colon = key.lastIndexOf(':');
    const ready = listen(server, key.slice(0, colon), Number(key.slice(colon + 1)));
    const listener: Listener = { destination, draining: false, server, ready, sockets: new Set() };
    this.#open.set(key, listener);
    const failure = await ready;
    if (failure === undefined) {
      this.failures.delete(key);
      return;
    }
    this.failures.set(key, failure);
    this.#open.delete(key);
  }

  /** New connections are refused at once; open ones are closed after their request, or after `drainMs`. */
  close(key: string, drainMs: number): void {
    const listener = this.#open.get(key);
    if (!listener) return;
    this.#open.delete(key);
    this.#draining.add(listener);
    listener.draining = true;
    void listener.ready.then(() => listener.server.close(() => this.#draining.delete(listener)));
    setTimeout(() => destroyAll(listener), drainMs).unref();
  }

  /** Closes everything at once. Resolves when nothing listens any more. */
  async closeAll(): Promise<void> {
    const all = [...this.#open.values(), ...this.#draining];
    this.#open.clear();
    await Promise.all(
      all.map(async (listener) => {
        await listener.ready;
        await new Promise<void>((resolve) => {
          listener.server.close(() => resolve());
          destroyAll(listener);
        });
      }),
    );
  }

  #accept(socket: Socket, listener: Listener): void {
    listener.sockets.add(socket);
    this.#bySocket.set(socket, listener);
    socket.once('close', () => listener.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const upstream = this.#upstreams.of(listener.destination);
    if (!upstream.known) socket.resetAndDestroy();
    else if (upstream.protocol === 'http') this.#http.emit('connection', socket);
    else this.#pipe(socket, listener.destination);
  }

  /** Bytes both ways, for what is not HTTP/1. */
  #pipe(socket: Duplex, destination: Destination, firstBytes?: Buffer): void {
    const attempt = this.#upstreams.next(destination);
    if (attempt?.allowed !== true) {
      socket.destroy();
      return;
    }
    const { host, port } = attempt.endpoint;
    const upstream = connect({ host, port, noDelay: true });
    const { counters } = this.#upstreams;
    counters.add(destination.cluster, 'upstream_cx_total');
    socket.on('data', (chunk: Buffer) => {
      counters.add(destination.cluster, 'upstream_cx_tx_bytes_total', chunk.length);
    });
    upstream.on('error', () => {
      this.#upstreams.pools.forget(destination.key, attempt.endpoint);
      socket.destroy();
    });
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroy());
    if (firstBytes) upstream.write(firstBytes);
    socket.pipe(upstream).pipe(socket);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const listener = this.#bySocket.get(request.socket);
    const attempt = listener && this.#upstreams.next(listener.destination);
    if (!listener || attempt?.allowed !== true) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nserver: envoy\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const lines = headersToForward(request, attempt);
    const fields = lines.flatMap((name, at) =>
      at % 2 === 0 ? [`${name}: ${lines[at + 1] ?? ''}`] : [],
    );
    const first = `${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
    this.#pipe(socket, listener.destination, Buffer.concat([Buffer.from(first), head]));
  }
}

function listen(server: Server, host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(error.message));
    server.listen({ host, port }, () => resolve(undefined));
  });
}

function destroyAll({ sockets }: Listener): void {
  for (const socket of sockets) socket.destroy();
}
