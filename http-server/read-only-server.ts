/**
 * What the daemon and the plugin server show of themselves over HTTP, they show in one manner: to read
 * only, to whom it is meant for, and at a bounded cost.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { boundCallers, type CallerLimits } from './bound-callers';

export type Route = (response: ServerResponse) => void | Promise<void>;

export interface ReadOnlyServerOptions {
  /** By path, without the query. */
  readonly routes: Readonly<Record<string, Route>>;
  /** Whether a request with this `Host` is answered; see `createHostCheck`. */
  readonly mayCall: (header: string | undefined) => boolean;
  /** Which setting allows a further host name. */
  readonly hostSetting: string;
  readonly limits?: Partial<CallerLimits>;
}

/** Sent with every answer. A route may set a policy of its own. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** How often the time limits are looked at: by default only every 30 s, however short they are. */
const checkMs = 1_000;

/** A server that does not listen yet. */
export function createReadOnlyServer(options: ReadOnlyServerOptions): Server {
  const { routes, mayCall, hostSetting } = options;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const { method, url = '/' } = request;
    // Of several hosts another reader on the way may have taken another one.
    const [host, ...furtherHosts] = request.headersDistinct['host'] ?? [];
    if (furtherHosts.length > 0 || !mayCall(host)) {
      sendText(response, 421, `this host name is not served here; allow it with ${hostSetting}`);
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendText(response, 405, 'read only: GET and HEAD');
      return;
    }
    const path = url.split('?', 1)[0] ?? '/';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route) await route(response);
    else sendText(response, 404, `there is: ${Object.keys(routes).join(' ')}`);
  }

  const server = createServer({ connectionsCheckingInterval: checkMs }, (request, response) => {
    serve(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'the answer could not be made');
    });
  });
  const callers = boundCallers(server, options.limits);
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await callers.turnOf(response)) await answer(request, response);
  }
  return server;
}

/** Resolves when the port is free; what is still being answered gets half a second. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const rest = setTimeout(() => server.closeAllConnections(), 500);
  await closed;
  clearTimeout(rest);
}

/** node:http leaves the body of an answer to HEAD out by itself. */
export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Buffer,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** One line of text. */
export function sendText(response: ServerResponse, status: number, line: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${line}\n`);
}
