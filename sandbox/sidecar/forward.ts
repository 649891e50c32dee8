import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Destination } from '../control-plane/destinations';
import type { Attempt, Upstreams } from './upstreams';

/** What the default MeshRetry does on a failed connect. */
const RETRIES = 5;
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

/**
 * Forwards one request as a gateway's Envoy does, streaming both ways: the Host unchanged, the client's
 * certificate header replaced, and Envoy's own words where it cannot.
 */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  destination: Destination,
  upstreams: Upstreams,
  triesLeft = RETRIES + 1,
): void {
  const attempt = upstreams.next(destination);
  const { counters } = upstreams;
  const { cluster } = destination;
  if (!attempt) {
    counters.add(cluster, 'upstream_cx_none_healthy');
    answer(response, 503, 'no healthy upstream');
    return;
  }
  const startedAt = Date.now();
  if (!attempt.allowed) {
    // The proxy of the destination refuses it, so it was sent there.
    counters.add(cluster, 'upstream_rq_total');
    counters.add(cluster, 'upstream_rq_completed');
    answer(response, 403, 'RBAC: access denied', { 'x-envoy-upstream-service-time': '0' });
    return;
  }
  const outgoing = send(request, attempt, upstreams);
  const abandon = (): void => void outgoing.destroy();
  response.once('close', abandon);
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return;
    counters.add(cluster, 'upstream_cx_total');
    counters.add(cluster, 'upstream_cx_http1_total');
  });
  outgoing.once('response', (incoming) => {
    counters.add(cluster, 'upstream_rq_total');
    counters.add(cluster, 'upstream_rq_completed');
    relay(incoming, response, startedAt);
  });
  outgoing.once('error', () => {
    response.off('close', abandon);
    if (outgoing.socket?.connecting !== false) counters.add(cluster, 'upstream_cx_connect_fail');
    upstreams.pools.forget(destination.key, attempt.endpoint);
    if (response.headersSent) response.destroy();
    else if (triesLeft > 1 && isReplayable(request, outgoing)) {
      forward(request, response, destination, upstreams, triesLeft - 1);
    } else answer(response, 503, CONNECT_ERROR);
  });
}

/** The header lines to send on, as they came but for what belongs to the connection. */
export function headersToForward(
  { rawHeaders }: IncomingMessage,
  { endpoint, clientCert }: Attempt,
): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (lower === 'x-forwarded-client-cert') continue;
    kept.push(
      name,
      lower === 'host' && endpoint.hostRewrite !== undefined ? endpoint.hostRewrite : value,
    );
  }
  if (clientCert !== undefined) kept.push('x-forwarded-client-cert', clientCert);
  return kept;
}

function send(request: IncomingMessage, attempt: Attempt, { agent }: Upstreams): ClientRequest {
  const { host, port } = attempt.endpoint;
  const headers = withoutHopByHop(headersToForward(request, attempt));
  if (request.headers['transfer-encoding'] !== undefined)
    headers.push('transfer-encoding', 'chunked');
  const { method, url } = request;
  const outgoing = httpRequest({ agent, host, port, method, path: url, setHost: false, headers });
  // The body is read only once there is a connection, so that a failed connect can be tried elsewhere.
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => request.pipe(outgoing));
    else request.pipe(outgoing);
  });
  return outgoing;
}

function relay(incoming: IncomingMessage, response: ServerResponse, startedAt: number): void {
  const headers = withoutHopByHop(incoming.rawHeaders).flatMap((item, at, all) =>
    at % 2 === 0 && item.toLowerCase() !== 'server' ? [item, all[at + 1] ?? ''] : [],
  );
  headers.push('x-envoy-upstream-service-time', String(Date.now() - startedAt), 'server', 'envoy');
  if (response.shouldKeepAlive) headers.push('connection', 'keep-alive');
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, headers);
  response.flushHeaders();
  incoming.once('error', () => response.destroy());
  incoming.pipe(response);
}

/** Nothing of it was sent yet, or there is no body and a pooled connection was closed under it. */
function isReplayable(request: IncomingMessage, outgoing: ClientRequest): boolean {
  if (outgoing.socket === null || outgoing.socket.connecting || outgoing.socket.pending)
    return true;
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return (
    outgoing.reusedSocket && encoding === undefined && (length === undefined || length === '0')
  );
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  extra: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const length = String(Buffer.byteLength(text));
  response.writeHead(status, {
    'content-length': length,
    'content-type': 'text/plain',
    server: 'envoy',
    ...extra,
  });
  response.end(text);
}

function withoutHopByHop(lines: readonly string[]): string[] {
  return lines.flatMap((item, at) =>
    at % 2 === 0 && !HOP_BY_HOP.includes(item.toLowerCase()) ? [item, lines[at + 1] ?? ''] : [],
  );
}

const CONNECT_ERROR =
  'upstream connect error or disconnect/reset before headers. retried and the latest reset reason: ' +
  'remote connection failure, transport failure reason: delayed connect error: Connection refused';
