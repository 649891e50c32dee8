import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DirectResponse } from './error-pages';
import { HeaderBag, withoutHopByHop } from './header-bag';
import type { UpstreamAnswer } from './proxy-pass';
import type { RequestContext } from './request-context';

const kongName = 'kong/3.9.1';

/** Sends an answer of the gateway's own. */
export function sendDirect(
  context: RequestContext,
  response: ServerResponse,
  direct: DirectResponse,
): void {
  const headers = new HeaderBag();
  for (const [name, values] of context.responseHeaders.entries()) headers.set(name, values);
  for (const [name, values] of Object.entries(direct.headers)) headers.set(name, values);
  headers.set('Content-Length', String(direct.body.length));
  headers.set('X-Kong-Response-Latency', String(Date.now() - context.startedAtMs));
  headers.set('Server', kongName);
  headers.set('X-Kong-Request-Id', context.id);
  context.sent = { status: direct.status, headers, upstreamStatus: undefined };
  response.writeHead(direct.status, headers.toRaw());
  response.end(direct.body);
}

/** The headers a client gets of an upstream's answer. */
export function prepareAnswer(context: RequestContext, answer: UpstreamAnswer): HeaderBag {
  const headers = withoutHopByHop(HeaderBag.fromRaw(answer.response.rawHeaders));
  for (const [name, values] of context.responseHeaders.entries()) headers.set(name, values);
  const tookMs = Date.now() - context.startedAtMs;
  if (headers.get('server') === undefined) headers.set('Server', kongName);
  headers.set('Via', `1.1 ${kongName}`);
  headers.set('X-Kong-Upstream-Latency', String(answer.waitedMs));
  headers.set('X-Kong-Proxy-Latency', String(Math.max(tookMs - answer.waitedMs, 0)));
  headers.set('X-Kong-Request-Id', context.id);
  context.sent = {
    status: answer.response.statusCode ?? 502,
    headers,
    upstreamStatus: answer.response.statusCode,
  };
  return headers;
}

/** Sends headers at once and the body as it comes. An upstream that breaks off ends the client's connection. */
export async function sendAnswer(
  response: ServerResponse,
  status: number,
  headers: HeaderBag,
  body: Readable,
): Promise<void> {
  response.writeHead(status, headers.toRaw());
  response.flushHeaders();
  try {
    await pipeline(body, response);
  } catch {
    response.destroy();
  }
}
