import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Log } from '../plugin-client/gateway-log';
import type { BalancerWorld } from './balancer';
import { hostType, type Resolve } from './resolver';
import type { PluginRunner } from './plugin-runner';
import type { ProxyConfig } from './proxy-config';
import { proxyPass, type UpstreamAnswer } from './proxy-pass';
import { joinPaths } from './request-path';
import { RequestContext } from './request-context';
import { prepareAnswer, sendAnswer, sendDirect } from './respond';
import type { RouteMatch } from './router';
import type { Service } from './entities';
import type { UpstreamAgents } from './upstream-try';

export interface PipelineParts {
  /** The newest configuration; a request keeps the one it was begun with. */
  readonly currentConfig: () => ProxyConfig;
  readonly plugins: PluginRunner;
  readonly agents: UpstreamAgents;
  readonly resolve: Resolve;
  readonly nextTurn: () => number;
  readonly log: Log;
}

/** Kong's phases for one request. Resolves after its log phase; never rejects. */
export async function serveRequest(
  parts: PipelineParts,
  request: IncomingMessage,
  response: ServerResponse,
  worker: number,
): Promise<void> {
  const context = new RequestContext(request, parts.currentConfig(), worker, parts.log);
  try {
    await parts.plugins.run('rewrite', context);
    if (!context.exit) findRoute(context);
    if (!context.exit) await parts.plugins.run('access', context);
    if (!context.exit && !context.service) {
      context.fail(503, 'no Service found with those values');
    }
    await answer(parts, context, response);
  } catch (error) {
    parts.log({ level: 'error', text: `[kong] ${String(error)}` });
    if (response.headersSent) response.destroy();
    else {
      context.fail(500, 'An unexpected error occurred');
      if (context.exit) sendDirect(context, response, context.exit);
    }
  }
  await parts.plugins.run('log', context).catch((error: unknown) => {
    parts.log({ level: 'error', text: `[kong] ${String(error)}` });
  });
}

function findRoute(context: RequestContext): void {
  const { headers } = context;
  const match = context.config.router({
    method: context.method,
    host: context.clientHost,
    path: context.normalizedPath,
    header: (name) => headers.all(name),
  });
  if (!match) {
    context.fail(404, 'no Route matched with those values');
    return;
  }
  context.match = match;
  const { route } = match;
  const service = context.config.services.get(route.serviceId ?? '');
  if (route.preserveHost) context.upstreamHost = headers.get('host') ?? '';
  setBalancerData(context, service);
  if (service) directToService(context, match, service);
  if (route.protocols.length > 0 && !route.protocols.includes('http')) demandHttps(context, match);
}

function directToService(context: RequestContext, match: RouteMatch, service: Service): void {
  const { route, matchedPath = '' } = match;
  const path = context.normalizedPath;
  context.service = service;
  context.upstreamScheme = service.protocol === 'https' ? 'https' : 'http';
  context.upstreamPath = joinPaths({
    base: service.path ?? '/',
    rest: route.stripPath ? path.slice(matchedPath.length) : path,
    requestPath: path,
    handling: route.pathHandling,
  });
}

/** A route without a service has it too: plugins may set targets there, and the answer is a 503 anyway. */
function setBalancerData(context: RequestContext, service: Service | undefined): void {
  context.nginxContext.set('balancer_data', {
    scheme: service?.protocol ?? 'http',
    type: hostType(service?.host ?? ''),
    host: service?.host ?? '',
    port: service?.port ?? 80,
    retries: service?.retries ?? 5,
    connect_timeout: service?.connectTimeoutMs ?? 60_000,
    send_timeout: service?.writeTimeoutMs ?? 60_000,
    read_timeout: service?.readTimeoutMs ?? 60_000,
    try_count: 0,
    tries: [],
  });
}

function demandHttps(context: RequestContext, { route }: RouteMatch): void {
  const status = route.httpsRedirectStatusCode;
  const headers: Record<string, string> =
    status === 426
      ? { Connection: 'Upgrade', Upgrade: 'TLS/1.2, HTTP/1.1' }
      : { Location: `https://${context.hostName}${context.request.url ?? '/'}` };
  context.fail(status, status === 426 ? 'Please use HTTPS protocol' : 'Moved', headers);
}

async function answer(
  parts: PipelineParts,
  context: RequestContext,
  response: ServerResponse,
): Promise<void> {
  const world: BalancerWorld = {
    upstreams: context.config.upstreams,
    resolve: parts.resolve,
    nextTurn: parts.nextTurn,
  };
  const upstream = context.exit ? undefined : await proxyPass(context, parts.agents, world);
  if (!upstream) {
    if (context.exit) sendDirect(context, response, context.exit);
    else response.destroy();
    return;
  }
  response.once('close', () => {
    if (!upstream.response.complete) upstream.request.destroy();
  });
  const body = parts.plugins.wantsResponse(context)
    ? await runResponsePhase(parts, context, upstream)
    : upstream.response;
  if (context.exit) {
    sendDirect(context, response, context.exit);
    return;
  }
  const headers = prepareAnswer(context, upstream);
  headers.set('Connection', keepsAlive(context) ? 'keep-alive' : 'close');
  await sendAnswer(response, upstream.response.statusCode ?? 502, headers, body);
}

/** A response handler makes Kong read the whole body before the client gets anything. */
async function runResponsePhase(
  parts: PipelineParts,
  context: RequestContext,
  upstream: UpstreamAnswer,
): Promise<Readable> {
  const chunks: Buffer[] = [];
  for await (const chunk of upstream.response) chunks.push(chunk as Buffer);
  context.upstreamBody = Buffer.concat(chunks);
  prepareAnswer(context, upstream);
  await parts.plugins.run('response', context);
  return Readable.from([context.upstreamBody]);
}

function keepsAlive({ request, headers }: RequestContext): boolean {
  return request.httpVersion !== '1.0' && !/\bclose\b/i.test(headers.get('connection') ?? '');
}
