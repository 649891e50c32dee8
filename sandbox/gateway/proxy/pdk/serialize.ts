import { workspaceId } from '../../plugin-client/plugin-server-client';
import type { RequestContext } from '../request-context';
import type { HeaderBag } from '../header-bag';
import { luaEntity } from './pdk-function';

/** `kong.log.serialize`: the request as one JSON text, in the fields that log plugins commonly read. */
export function serializeRequest(context: RequestContext): string {
  const { request, sent, service, match, headers } = context;
  const tookMs = Date.now() - context.startedAtMs;
  return JSON.stringify({
    request: {
      id: context.id,
      method: context.method,
      uri: request.url,
      url: `http://${context.hostName}:${context.proxyPort}${request.url ?? '/'}`,
      headers: flat(headers),
      querystring: Object.fromEntries(new URLSearchParams(context.rawQuery)),
    },
    response: { status: sent?.status, headers: sent && flat(sent.headers) },
    upstream_status: sent?.upstreamStatus === undefined ? undefined : String(sent.upstreamStatus),
    upstream_uri: context.upstreamPath,
    source: sent?.upstreamStatus === undefined ? 'kong' : 'upstream',
    latencies: { request: tookMs, kong: tookMs, proxy: 0 },
    tries: context.balancerData?.tries ?? [],
    client_ip: context.clientIp,
    started_at: context.startedAtMs,
    route: match && luaEntity(match.route.entity, { ws_id: workspaceId }),
    service: service && luaEntity(service.entity, { ws_id: workspaceId }),
    consumer: context.consumer,
    workspace: workspaceId,
    workspace_name: 'default',
  });
}

function flat(headers: HeaderBag): Record<string, string> {
  return Object.fromEntries(
    [...headers.entries()].map(([name, values]) => [name, values.join(', ')]),
  );
}
