import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface ServiceOptions {
  /** Its `kuma.io/service`. */
  readonly name: string;
  /** Which of its instances this is. Default `1`. */
  readonly instance?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  /** An address of the loopback range. Default 127.0.0.1. */
  readonly host?: string;
}

/** What an answer says, as JSON: where the request arrived, and how. */
export interface ServiceAnswer {
  readonly service: string;
  readonly instance: string;
  /** The Host header as it arrived. */
  readonly host: string;
  readonly path: string;
  readonly method: string;
  /** The `x-*` headers only. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A small HTTP backend, moved by the test that started it. */
export interface Service {
  readonly name: string;
  readonly instance: string;
  readonly port: number;
  readonly url: string;
  /** How many requests have arrived. */
  readonly requests: number;
  /** A status to fail every request with, or `reset` to reset the connection. Default undefined: 200. */
  fail: number | 'reset' | undefined;
  /** How long every answer takes. Default 0. */
  delayMs: number;
  /** Closes every connection. Resolves when it listens no more. */
  stop(): Promise<void>;
}

/** Starts one on loopback. Rejects where the port is taken. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, instance = '1', host = '127.0.0.1' } = options;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    void respond(request, response, service);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const service: Service = {
    name,
    instance,
    port,
    url: `http://${host}:${port}`,
    fail: undefined,
    delayMs: 0,
    get requests() {
      return requests;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return service;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  service: Service,
): Promise<void> {
  const { name, instance, fail, delayMs } = service;
  if (delayMs > 0) await wait(delayMs, undefined, { ref: false });
  if (fail === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const { host = '', ...headers } = request.headers;
  const answer: ServiceAnswer = {
    service: name,
    instance,
    host,
    path: request.url ?? '/',
    method: request.method ?? 'GET',
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([key, value]) =>
        key.startsWith('x-') ? [[key, String(value)]] : [],
      ),
    ),
  };
  request.resume();
  response
    .writeHead(fail ?? 200, { 'content-type': 'application/json' })
    .end(JSON.stringify(answer));
}
