/** The HTTP client for Kong's Admin API: bounded in time and size, repeating what may be repeated. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';

import axios, { type AxiosInstance } from 'axios';
import { ConstantBackoff, handleWhen, retry } from 'cockatiel';

import { targetErrors } from '../errors';
import { adminToken } from './admin-token';
import { DeadlineExceeded, pause, withDeadline } from './deadline';
import {
  ExchangeFailure,
  replyFailure,
  timeoutFailure,
  transportFailure,
  withoutSecrets,
} from './map-error';
import type { KongHttpOptions, KongReply, KongRequest } from './options';
import { BodyTooLarge, discardBody, readText } from './read-body';
import { readTlsFiles } from './tls-files';

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
  const { timeoutMs = 10_000, maxResponseBytes = 256 * 1024 * 1024 } = options;
  const http = createInstance(base, options);
  const token = adminToken(options.tokenFile);

  async function exchange(request: KongRequest, attempt: number, signal: AbortSignal) {
    const limitMs = request.timeoutMs ?? timeoutMs;
    const headers = { ...(await token()), ...contentType(request) };
    try {
      return await withDeadline(limitMs, signal, async (bounded) => {
        const response = await http.request<Readable>({
          method: request.method,
          url: request.path,
          data: typeof request.body === 'object' ? JSON.stringify(request.body) : request.body,
          headers,
          signal: bounded,
        });
        const { status } = response;
        const version = /^kong\/(\S+)/i.exec(headerOf(response.headers, 'server') ?? '')?.[1];
        const good = (status >= 200 && status < 300) || status === 304;
        if (good && request.discard) {
          await discardBody(response.data, bounded);
          return { status, data: undefined, version };
        }
        const data = parseBody(await readText(response.data, maxResponseBytes, bounded));
        if (good || request.accept?.includes(status)) return { status, data, version };
        throw replyFailure(url, request, {
          status,
          data,
          location: headerOf(response.headers, 'location'),
          retryAfter: headerOf(response.headers, 'retry-after'),
          attempts: attempt + 1,
        });
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
      let failure: ExchangeFailure | undefined;
      try {
        return await retryPolicy(request, options).execute(async ({ attempt }) => {
          // The policy's own wait has no ear for the signal, so it waits for 0 ms and this one waits.
          if (failure) await pause(retryDelay(failure, attempt, options), signal);
          try {
            return await exchange(request, attempt, signal);
          } catch (error) {
            if (error instanceof ExchangeFailure) failure = error;
            throw error;
          }
        });
      } catch (error) {
        throw error instanceof ExchangeFailure ? error.error : error;
      }
    },
    close() {
      (http.defaults.httpAgent as HttpAgent).destroy();
      (http.defaults.httpsAgent as HttpsAgent).destroy();
    },
  };
}

function createInstance(base: URL, options: KongHttpOptions): AxiosInstance {
  const agent = { keepAlive: true, maxSockets: options.connections ?? 32 };
  const { serverName, insecureSkipVerify = false } = options.tls ?? {};
  return axios.create({
    baseURL: base.href.replace(/\/$/, ''),
    allowAbsoluteUrls: false,
    // Variables such as HTTP_PROXY are meant for the way out, not for an Admin API on loopback.
    proxy: false,
    maxRedirects: 0,
    maxBodyLength: Infinity,
    responseType: 'stream',
    decompress: false,
    validateStatus: () => true,
    headers: { 'accept-encoding': 'identity', accept: 'application/json', ...options.headers },
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent({
      ...agent,
      ...readTlsFiles(options.tls),
      ...(serverName === undefined ? {} : { servername: serverName }),
      rejectUnauthorized: !insecureSkipVerify,
    }),
  });
}

function retryPolicy(request: KongRequest, { retries = 4 }: KongHttpOptions) {
  const repeatable = request.repeatable ?? !['POST', 'PATCH'].includes(request.method);
  const worthwhile = handleWhen(
    (error) =>
      error instanceof ExchangeFailure &&
      (error.retry === 'always' || (error.retry === 'if-repeatable' && repeatable)),
  );
  return retry(worthwhile, { maxAttempts: retries, backoff: new ConstantBackoff(0) });
}

/** What Kong asks for, else doubling with a quarter of jitter either way. */
function retryDelay(failure: ExchangeFailure, attempt: number, options: KongHttpOptions): number {
  const { retryDelayMs = 100, maxRetryDelayMs = 10_000 } = options;
  const doubled = retryDelayMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
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

function contentType(request: KongRequest): Record<string, string> {
  return request.body === undefined ? {} : { 'content-type': 'application/json' };
}

function headerOf(headers: object, name: string): string | undefined {
  const value: unknown = (headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

function tooLarge(request: KongRequest, { limitBytes }: BodyTooLarge): ExchangeFailure {
  const details = { method: request.method, path: request.path.replace(/\?.*$/, ''), limitBytes };
  return new ExchangeFailure(targetErrors.error('KONG_REPLY_TOO_LARGE', details), 'never');
}
