import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerOf } from './answer';
import type { Answer } from './answer';
import type { Faults } from './faults';
import type { RequestLog } from './request-log';
import { route } from './routes';
import type { RouteContext } from './routes';

export interface ApiServer {
  readonly url: string;
  /** Closes every connection, idle or not. */
  stop(): Promise<void>;
}

export interface ApiParts {
  readonly context: RouteContext;
  readonly faults: Faults;
  readonly requests: RequestLog;
}

/** Serves the API on loopback. Rejects where the port is taken. */
export async function startApiServer(port: number, parts: ApiParts): Promise<ApiServer> {
  const server = createServer((request, response) => void respond(request, response, parts));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${bound}`, stop: () => closeServer(server) };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { context, faults, requests }: ApiParts,
): Promise<void> {
  const path = request.url ?? '/';
  requests.record(request.method ?? 'GET', path);
  try {
    const url = new URL(path, `http://${request.headers.host ?? '127.0.0.1'}`);
    if (await faults.play(request, url.pathname, response)) return;
    const { status, body } = await route(request, url, context).catch(answerOf);
    send(request, response, { status, body });
  } catch (error) {
    // A client that went away while its body was read, or a defect: both end this request only.
    if (!response.headersSent) send(request, response, { status: 500, body: String(error) });
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type =
    typeof body !== 'string'
      ? 'application/json'
      : status === 200
        ? 'text/plain'
        : 'text/plain; charset=utf-8';
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
