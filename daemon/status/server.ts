/** The status server: node:http, read-only, on loopback unless configured otherwise. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ListenAddress } from '../config/listen-address';
import { createEventStreams, type EventStreamLimits } from './event-stream';
import { createHostCheck } from './host-check';
import { renderPage } from './page/page';

/** What the server serves; it computes nothing itself. */
export interface StatusContent {
  /** Why it is not ready yet, or undefined once it is. */
  notReady(): string | undefined;
  /** The body of `/status.json`. */
  status(): string;
  /** What an open page learns of each pass. */
  summary(): object;
  /** The exposition for Prometheus. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
}

export interface StatusServerOptions {
  readonly listen: ListenAddress;
  /** Names under which it may be called besides localhost and its own address. */
  readonly hosts?: readonly string[];
  readonly content: StatusContent;
  readonly events?: EventStreamLimits;
}

export interface StatusServer {
  /** `http://127.0.0.1:9650` */
  readonly url: string;
  /** Tells open pages that a pass ended. */
  announce(): void;
  /** Ends open streams and connections; resolves when the port is free. */
  close(): Promise<void>;
}

/** Sent with every answer. The page adds its own policy, which allows just its own script. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Rejects with the error of `listen` where the address cannot be had. */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { content, listen } = options;
  const page = renderPage();
  const streams = createEventStreams(options.events);
  const mayCall = createHostCheck(listen, options.hosts ?? []);

  const routes: Readonly<Record<string, (response: ServerResponse) => void | Promise<void>>> = {
    '/livez': (response) => {
      send(response, 200, 'text/plain; charset=utf-8', 'alive\n');
    },
    '/readyz': (response) => {
      const reason = content.notReady();
      const status = reason === undefined ? 200 : 503;
      send(response, status, 'text/plain; charset=utf-8', `${reason ?? 'ready'}\n`);
    },
    '/metrics': async (response) => {
      const { text, contentType } = await content.metrics();
      send(response, 200, contentType, text);
    },
    '/status.json': (response) => {
      send(response, 200, 'application/json; charset=utf-8', content.status());
    },
    '/events': (response) => {
      if (response.req.method === 'HEAD') {
        send(response, 200, 'text/event-stream; charset=utf-8', '');
      } else if (!streams.open(response, content.summary())) {
        response.setHeader('retry-after', '10');
        send(response, 503, 'text/plain; charset=utf-8', 'too many pages are open\n');
      }
    },
    '/': (response) => {
      response.setHeader('content-security-policy', page.policy);
      send(response, 200, 'text/html; charset=utf-8', page.html);
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const { method, url = '/', headers: sent } = request;
    if (!mayCall(sent.host)) {
      const hint = 'this host name is not served here; allow it with status.hosts\n';
      send(response, 421, 'text/plain; charset=utf-8', hint);
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, 'text/plain; charset=utf-8', 'read only: GET and HEAD\n');
      return;
    }
    const path = url.split('?', 1)[0] ?? '/';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route) {
      send(
        response,
        404,
        'text/plain; charset=utf-8',
        `there is: ${Object.keys(routes).join(' ')}\n`,
      );
      return;
    }
    await route(response);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain; charset=utf-8', 'the answer could not be made\n');
    });
  });
  bound(server);
  await listening(server, listen);
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${host}:${port}`,
    announce: () => {
      if (streams.count > 0) streams.send(content.summary());
    },
    async close() {
      streams.close();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeIdleConnections();
      const rest = setTimeout(() => server.closeAllConnections(), 500);
      await closed;
      clearTimeout(rest);
    },
  };
}

/** A caller that stalls or floods costs a bounded amount of memory and no pass. */
function bound(server: Server): void {
  server.maxConnections = 128;
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  server.maxHeadersCount = 64;
}

function listening(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      // Errors of single connections must not end the daemon.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

/** node:http leaves the body of an answer to HEAD out by itself. */
function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
