/** The HTTP client for Kong's Admin API: bounded in time and size, repeating what may be repeated. */
import { targetErrors } from '../errors';
import { adminToken } from './admin-token';
import { DeadlineExceeded, pause } from './deadline';
import {
  ExchangeFailure,
  replyFailure,
  timeoutFailure,
  transportFailure,
  withoutSecrets,
} from './map-error';
import type { KongHttpOptions, KongReply, KongRequest } from './options';
import { BodyTooLarge, createSender } from './send';

export interface KongClient {
  /** Where it speaks to, without anything secret. */
  readonly url: string;
  /**
   * One exchange. 2xx, 304 and what the request accepts resolve; all else rejects with a MeshdError.
   * Repeated with a doubling wait on resets, time-outs and 5xx where that is safe, and on 429 always,
   * after the time Kong asks for. Ends with the signal's reason as soon as it is given.
   * @throws MeshdError KONG_UNREACHABLE, KONG_TIMEOUT, KONG_TLS, KONG_UNAUTHORISED, KONG_NOT_FOUND,
   *   KONG_REDIRECTED, KONG_BUSY, KONG_FAILED, KONG_REFUSED, KONG_REPLY_TOO_LARGE.
   */
  request(request: KongRequest, signal: AbortSignal): Promise<KongReply>;
  /** Ends idle connections. */
  close(): void;
}

/** @throws MeshdError KONG_ADMIN_URL, KONG_TLS_FILE. */
export function createKongClient(options: KongHttpOptions): KongClient {
  const base = parseUrl(options.url);
  const url = withoutSecrets(base.href).replace(/\/$/, '');
  const { timeoutMs = 10_000, retries = 4 } = options;
  const sender = createSender(base, options);
  const token = adminToken(options.tokenFile);
  const common = { 'accept-encoding': 'identity', accept: 'application/json', ...options.headers };

  async function exchange(
    request: KongRequest,
    body: string | undefined,
    attempt: number,
    signal: AbortSignal,
  ): Promise<KongReply> {
    const limitMs = request.timeoutMs ?? timeoutMs;
    const headers = { ...common, ...(await token()), ...contentType(body) };
    const { method, path } = request;
    const discards = (status: number) => request.discard === true && isGood(status);
    try {
      const sent = { method, path, headers, body, timeoutMs: limitMs, discards };
      const { status, headers: received, text } = await sender.send(sent, signal);
      const version = /^kong\/(\S+)/i.exec(String(received['server'] ?? ''))?.[1];
      if (discards(status)) return { status, data: undefined, version };
      const data = parseBody(text);
      if (isGood(status) || request.accept?.includes(status)) return { status, data, version };
      throw replyFailure(url, request, {
        status,
        data,
        location: received.location,
        retryAfter: received['retry-after'],
        attempts: attempt + 1,
      });
    } catch (error) {
      if (error instanceof ExchangeFailure || signal.aborted) throw error;
      if (error instanceof DeadlineExceeded) throw timeoutFailure(url, request, limitMs);
      if (error instanceof BodyTooLarge) throw tooLarge(request, error);
      throw transportFailure(url, request, error);
    }
  }

  return {
    url,
    async request(request, signal) {
      const body = bodyOf(request);
      for (let attempt = 0; ; attempt++) {
        try {
          return await exchange(request, body, attempt, signal);
        } catch (error) {
          if (!(error instanceof ExchangeFailure)) throw error;
          if (attempt === retries || !mayRepeat(error, request)) throw error.error;
          await pause(retryDelay(error, attempt, options), signal);
        }
      }
    },
    close: () => sender.close(),
  };
}

function isGood(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304;
}

function bodyOf({ body }: KongRequest): string | undefined {
  return typeof body === 'object' ? JSON.stringify(body) : body;
}

function mayRepeat({ retry }: ExchangeFailure, request: KongRequest): boolean {
  const repeatable = request.repeatable ?? !['POST', 'PATCH'].includes(request.method);
  return retry === 'always' || (retry === 'if-repeatable' && repeatable);
}

/** What Kong asks for, else doubling with a quarter of jitter either way. */
function retryDelay(failure: ExchangeFailure, attempt: number, options: KongHttpOptions): number {
  const { retryDelayMs = 100, maxRetryDelayMs = 10_000 } = options;
  const doubled = retryDelayMs * 2 ** attempt * (0.75 + Math.random() / 2);
  return Math.min(failure.retryAfterMs ?? doubled, maxRetryDelayMs);
}

function parseUrl(text: string): URL {
  const problem = { url: withoutSecrets(text), cause: 'it is not a URL' };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw targetErrors.error('KONG_ADMIN_URL', problem);
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw targetErrors.error('KONG_ADMIN_URL', { ...problem, cause: 'it is neither http nor https' });
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function contentType(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

function tooLarge(request: KongRequest, { limitBytes }: BodyTooLarge): ExchangeFailure {
  const details = { method: request.method, path: request.path.replace(/\?.*$/, ''), limitBytes };
  return new ExchangeFailure(targetErrors.error('KONG_REPLY_TOO_LARGE', details), 'never');
}
