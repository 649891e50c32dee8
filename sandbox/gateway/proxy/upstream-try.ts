import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { type Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { BalancerData } from './balancer';
import { hasBody } from './request-body';
import type { RequestContext } from './request-context';

/** Keep-alive connections to upstreams, by address and port (and by server name for TLS). */
export interface UpstreamAgents {
  readonly http: Agent;
  readonly https: TlsAgent;
  /** Where this machine has an address. */
  readonly hereOf: (address: string) => string;
}

export interface Peer {
  readonly ip: string;
  readonly port: number;
}

export type TryResult =
  | {
      readonly kind: 'response';
      readonly response: IncomingMessage;
      readonly request: ClientRequest;
    }
  | {
      readonly kind: 'failed';
      readonly reason: 'connect' | 'timeout' | 'closed';
      /** A body that was on its way already cannot be sent a second time. */
      readonly repeatable: boolean;
      /** The upstream closed a pooled connection that it had kept: not worth counting as a try. */
      readonly stale: boolean;
    };

/** One attempt to get a response's headers from one peer, within the balancer's timeouts. */
export function tryUpstream(
  context: RequestContext,
  peer: Peer,
  data: BalancerData,
  agents: UpstreamAgents,
  headers: readonly string[],
): Promise<TryResult> {
  const streamed = hasBody(context) && !context.body;
  const upstream = openRequest(context, peer, agents, headers);
  return new Promise((resolve) => {
    let timedOut = false;
    let connected = false;
    let bodySent = false;
    const abort = () => upstream.destroy();
    // The request closes once it is read; only its socket tells that the client has gone.
    const { socket: client } = context.request;
    client.once('close', abort);
    upstream.once('socket', (socket) => {
      whenConnected(socket, data.connect_timeout, (result) => {
        if (result === 'timeout') {
          timedOut = true;
          upstream.destroy();
          return;
        }
        connected = true;
        upstream.setTimeout(data.read_timeout);
        if (!streamed) return;
        bodySent = true;
        context.request.pipe(upstream);
      });
    });
    upstream.on('timeout', () => {
      timedOut = true;
      upstream.destroy();
    });
    upstream.once('response', (response) => {
      client.off('close', abort);
      resolve({ kind: 'response', response, request: upstream });
    });
    upstream.once('error', () => {
      client.off('close', abort);
      context.request.unpipe(upstream);
      resolve({
        kind: 'failed',
        reason: timedOut ? 'timeout' : connected ? 'closed' : 'connect',
        repeatable: !bodySent && (!connected || isIdempotent(context.upstreamMethod)),
        stale: connected && upstream.reusedSocket && !timedOut,
      });
    });
    if (!streamed) upstream.end(context.body);
  });
}

function openRequest(
  context: RequestContext,
  { ip, port }: Peer,
  agents: UpstreamAgents,
  headers: readonly string[],
): ClientRequest {
  const query = context.upstreamQuery === undefined ? '' : `?${context.upstreamQuery}`;
  const options = {
    host: agents.hereOf(ip),
    port,
    method: context.upstreamMethod,
    path: context.upstreamPath + query,
    headers,
    setHost: false,
  };
  if (context.upstreamScheme !== 'https') return httpRequest({ ...options, agent: agents.http });
  const servername = context.upstreamHost?.replace(/:\d+$/, '');
  return httpsRequest({
    ...options,
    agent: agents.https,
    rejectUnauthorized: context.service?.tlsVerify ?? false,
    ...(servername === undefined ? {} : { servername }),
  });
}

function whenConnected(
  socket: Socket,
  timeoutMs: number,
  done: (result: 'connected' | 'timeout') => void,
): void {
  if (!socket.connecting) {
    done('connected');
    return;
  }
  const timer = setTimeout(() => done('timeout'), timeoutMs);
  socket.once('connect', () => {
    clearTimeout(timer);
    done('connected');
  });
  socket.once('close', () => clearTimeout(timer));
}

/** nginx does not repeat these once they have been sent. */
function isIdempotent(method: string): boolean {
  return !['POST', 'LOCK', 'PATCH'].includes(method);
}
