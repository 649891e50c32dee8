import type { ClientRequest, IncomingMessage } from 'node:http';
import { type BalancerWorld, choosePeer, hostHeaderFor, type PeerChoice } from './balancer';
import type { RequestContext } from './request-context';
import { upstreamHeaders } from './upstream-headers';
import { tryUpstream, type UpstreamAgents } from './upstream-try';

/** The upstream's answer, its body still to be read. */
export interface UpstreamAnswer {
  readonly response: IncomingMessage;
  readonly request: ClientRequest;
  readonly waitedMs: number;
}

/**
 * Gets the upstream's answer, trying other peers as often as the retries allow.
 *
 * @returns `undefined` when there is none: the context then holds Kong's answer (503 for a name or an
 *   upstream without address, 500 for a name in the place of an IP, 502 and 504 after the last try)
 */
export async function proxyPass(
  context: RequestContext,
  agents: UpstreamAgents,
  world: BalancerWorld,
): Promise<UpstreamAnswer | undefined> {
  const data = context.balancerData;
  if (!data) return undefined;
  const startedAtMs = Date.now();
  const keepsHost = context.upstreamHost !== undefined;
  let reason = 'connect';
  for (let left = data.retries; left >= 0; left--) {
    const choice = await choosePeer(data, world);
    if (choice.kind !== 'peer') {
      refuse(context, choice);
      return undefined;
    }
    if (!keepsHost) {
      const { hostname, port } = choice;
      context.upstreamHost = hostHeaderFor(hostname, port, context.upstreamScheme);
    }
    const result = await tryUpstream(context, choice, data, agents, upstreamHeaders(context));
    data.try_count++;
    data.tries = [...data.tries, { ip: choice.ip, port: choice.port }];
    if (result.kind === 'response') {
      const { response, request } = result;
      return { response, request, waitedMs: Date.now() - startedAtMs };
    }
    reason = result.reason;
    if (context.request.socket.destroyed) return undefined;
    if (!result.repeatable) break;
    if (result.stale) left++;
  }
  const [status, title] = reason === 'timeout' ? [504, 'Gateway Timeout'] : [502, 'Bad Gateway'];
  context.failBare(status, title);
  return undefined;
}

function refuse(context: RequestContext, choice: Exclude<PeerChoice, { kind: 'peer' }>): void {
  if (choice.kind === 'refused') {
    context.fail(choice.status, choice.message);
    return;
  }
  const { host, port } = choice;
  context.log({
    level: 'error',
    text: `[lua] balancer(): failed to set the current peer (address: '${host}' port: ${port}): no host allowed`,
  });
  context.failBare(500, 'Internal Server Error');
}
