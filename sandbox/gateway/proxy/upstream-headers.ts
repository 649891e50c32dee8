import { hasBody } from './request-body';
import { withoutHopByHop } from './header-bag';
import type { RequestContext } from './request-context';

/** The request's headers for the upstream: hop-by-hop ones dropped, Kong's forwarding ones set. */
export function upstreamHeaders(context: RequestContext): string[] {
  const headers = withoutHopByHop(context.headers);
  headers.delete('host');
  if (context.body) headers.set('Content-Length', String(context.body.length));
  else if (hasBody(context) && headers.get('content-length') === undefined) {
    headers.set('Transfer-Encoding', 'chunked');
  }
  headers.set('Host', context.upstreamHost ?? '');
  headers.set('Connection', 'keep-alive');
  headers.set('X-Real-IP', context.clientIp);
  const forwarded = [...context.headers.all('x-forwarded-for'), context.clientIp].join(', ');
  headers.set('X-Forwarded-For', forwarded);
  headers.set('X-Forwarded-Proto', 'http');
  headers.set('X-Forwarded-Host', context.hostName);
  headers.set('X-Forwarded-Port', String(context.proxyPort));
  headers.set('X-Forwarded-Path', context.rawPath);
  const { match } = context;
  if (match?.route.stripPath && match.matchedPath !== undefined) {
    headers.set('X-Forwarded-Prefix', match.matchedPath);
  } else {
    headers.delete('x-forwarded-prefix');
  }
  headers.set('X-Kong-Request-Id', context.id);
  return headers.toRaw();
}
