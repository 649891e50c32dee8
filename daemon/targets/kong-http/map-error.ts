/** From what HTTP, TLS and Kong say to an error the user can act on. Tokens never get into one. */
import { types } from 'node:util';

import type { MeshdError } from '../../../catalog/error';
import { targetErrors } from '../errors';
import type { KongRequest } from './options';

/** A failed exchange, and whether sending it again may help. */
export class ExchangeFailure extends Error {
  constructor(
    readonly error: MeshdError,
    readonly retry: 'always' | 'if-repeatable' | 'never',
    /** What Kong asked for in Retry-After. */
    readonly retryAfterMs?: number,
  ) {
    super(error.message);
    this.name = 'ExchangeFailure';
  }
}

export interface FailedReply {
  readonly status: number;
  readonly data: unknown;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
  readonly attempts: number;
}

/** An answer whose status is an error. 429 was not carried out, so it may always be sent again. */
export function replyFailure(
  url: string,
  request: KongRequest,
  reply: FailedReply,
): ExchangeFailure {
  const { status } = reply;
  const details = { url, method: request.method, path: pathOf(request), status };
  if (status === 401 || status === 403) {
    return new ExchangeFailure(targetErrors.error('KONG_UNAUTHORISED', details), 'never');
  }
  if (status === 404) {
    return new ExchangeFailure(targetErrors.error('KONG_NOT_FOUND', details), 'never');
  }
  if (status >= 300 && status < 400) {
    const location = withoutSecrets(reply.location ?? 'nowhere');
    const error = targetErrors.error('KONG_REDIRECTED', { ...details, location });
    return new ExchangeFailure(error, 'never');
  }
  if (status === 429) {
    const error = targetErrors.error('KONG_BUSY', { ...details, attempts: reply.attempts });
    return new ExchangeFailure(error, 'always', retryAfterMs(reply.retryAfter));
  }
  const reason = reasonOf(reply.data);
  if (status >= 500) {
    const error = targetErrors.error('KONG_FAILED', { ...details, reason });
    return new ExchangeFailure(error, 'if-repeatable', retryAfterMs(reply.retryAfter));
  }
  return new ExchangeFailure(targetErrors.error('KONG_REFUSED', { ...details, reason }), 'never');
}

/** No answer at all: refused, reset, unknown name, bad certificate. */
export function transportFailure(
  url: string,
  request: KongRequest,
  cause: unknown,
): ExchangeFailure {
  const code = codeOf(cause);
  const details = { url, method: request.method, path: pathOf(request), cause: causeText(cause) };
  if (isTlsCode(code)) {
    return new ExchangeFailure(targetErrors.error('KONG_TLS', details, { cause }), 'never');
  }
  const error = targetErrors.error('KONG_UNREACHABLE', details, { cause });
  // Refused before it was sent: nothing can have happened. Broken off later: it may have.
  const unsent = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  return new ExchangeFailure(error, unsent ? 'always' : 'if-repeatable');
}

export function timeoutFailure(
  url: string,
  request: KongRequest,
  timeoutMs: number,
): ExchangeFailure {
  const details = { url, method: request.method, path: pathOf(request), timeoutMs };
  return new ExchangeFailure(targetErrors.error('KONG_TIMEOUT', details), 'if-repeatable');
}

/** The sentence in which Kong says what is wrong, on one line and bounded. */
export function reasonOf(data: unknown): string {
  const said = typeof data === 'object' && data !== null && 'message' in data ? data.message : data;
  const text = typeof said === 'string' ? said : 'no reason given';
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  const line = (title ?? text).replace(/[\s\p{C}]+/gu, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line || 'no reason given';
}

/** Seconds or a date (RFC 9110); undefined where it is neither. */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** A URL may carry a password and a query a token: neither is printed. */
export function withoutSecrets(url: string): string {
  // A password that is not escaped ends wherever: all before the last @ goes, unless there is none.
  const isBare = URL.canParse(url) && new URL(url).username + new URL(url).password === '';
  return (isBare ? url : url.replace(/\/\/.*@/s, '//')).replace(/[?#].*$/s, '');
}

function pathOf(request: KongRequest): string {
  return request.path.replace(/\?.*$/, '');
}

function codeOf(error: unknown): string | undefined {
  for (let at = error; types.isNativeError(at); at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && !code.startsWith('ERR_BAD')) return code;
  }
  return undefined;
}

function causeText(error: unknown): string {
  const code = codeOf(error);
  const known = code === undefined ? undefined : plainWords[code];
  if (known !== undefined) return known;
  const text = types.isNativeError(error) ? error.message : 'no answer';
  return withoutSecrets(text) || (code ?? 'no answer');
}

const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ENOTFOUND: 'the host name is unknown (ENOTFOUND)',
  EAI_AGAIN: 'the name server does not answer (EAI_AGAIN)',
  ECONNRESET: 'the connection was broken off (ECONNRESET)',
  EPIPE: 'the connection was broken off (EPIPE)',
  EHOSTUNREACH: 'there is no way to the host (EHOSTUNREACH)',
};

function isTlsCode(code: string | undefined): boolean {
  if (code === undefined) return false;
  return (
    /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|ERR_OSSL|HOSTNAME_MISMATCH)/.test(
      code,
    ) || code === 'EPROTO'
  );
}
