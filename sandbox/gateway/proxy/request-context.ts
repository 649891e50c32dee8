import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KongEntity } from '../config-view';
import type { Log } from '../plugin-client/gateway-log';
import type { BalancerData } from './balancer';
import { record, text, type Service } from './entities';
import { bareResponse, type DirectResponse, errorResponse } from './error-pages';
import { HeaderBag } from './header-bag';
import { normalizePath } from './request-path';
import type { ProxyConfig } from './proxy-config';
import type { RouteMatch } from './router';

/** What went to the client, for the log phase. */
export interface SentResponse {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly upstreamStatus: number | undefined;
}

/** One request on its way through the phases: what Kong keeps in `ngx.ctx`, `ngx.var` and the request. */
export class RequestContext {
  /** 32 hex digits, as in Kong's error bodies and `X-Kong-Request-Id`. */
  readonly id = randomBytes(16).toString('hex');
  readonly startedAtMs = Date.now();
  readonly headers: HeaderBag;
  /** Path as it came, without query. */
  readonly rawPath: string;
  readonly normalizedPath: string;
  readonly rawQuery: string | undefined;
  readonly clientIp: string;
  readonly proxyPort: number;
  readonly clientHost: string;

  match: RouteMatch | undefined;
  service: Service | undefined;
  consumer: KongEntity | undefined;
  credential: KongEntity | undefined;
  readonly shared = new Map<string, unknown>();
  /** `ngx.ctx` as far as plugins may see it; `balancer_data` is in here. */
  readonly nginxContext = new Map<string, unknown>();
  /** `ngx.var.upstream_host`: set means that the balancer leaves the Host header alone. */
  upstreamHost: string | undefined;
  upstreamScheme = 'http';
  upstreamMethod: string;
  upstreamPath = '/';
  upstreamQuery: string | undefined;
  /** Headers that plugins put on the response. */
  readonly responseHeaders = new HeaderBag();
  /** Set once a plugin or an error has answered the request: what is left to do is to send it. */
  exit: DirectResponse | undefined;
  /** The request's body, once a plugin has read it. */
  body: Buffer | undefined;
  sent: SentResponse | undefined;
  /** The upstream's body, where a plugin with a response handler had it read as a whole. */
  upstreamBody: Buffer | undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly config: ProxyConfig,
    readonly worker: number,
    readonly log: Log,
  ) {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.rawPath = mark === -1 ? url : url.slice(0, mark);
    this.rawQuery = mark === -1 ? undefined : url.slice(mark + 1);
    this.normalizedPath = normalizePath(this.rawPath);
    this.upstreamQuery = this.rawQuery;
    this.headers = HeaderBag.fromRaw(request.rawHeaders);
    this.clientHost = (this.headers.get('host') ?? '').toLowerCase();
    this.upstreamMethod = request.method ?? 'GET';
    this.clientIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.proxyPort = request.socket.localPort ?? 0;
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  /** Host without port, lower case: `ngx.var.host`. */
  get hostName(): string {
    return this.clientHost.replace(/:\d+$/, '');
  }

  /** Where the request goes, as plugins may have changed it. Absent on a route without a service. */
  get balancerData(): BalancerData | undefined {
    const data = record(this.nginxContext.get('balancer_data'));
    return text(data['host']) === undefined ? undefined : (data as unknown as BalancerData);
  }

  /** Ends the request as `kong.response.error` does. */
  fail(status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
    const accept = this.headers.get('accept');
    this.exit = errorResponse({
      status,
      message,
      requestId: this.id,
      accept,
      fallback: 'json',
      headers,
    });
  }

  /** Ends the request with nginx's page for a status. */
  failBare(status: number, reason: string): void {
    this.exit = bareResponse(status, reason, this.id, this.headers.get('accept'));
  }
}
