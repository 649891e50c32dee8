/** What an HTTP client's failure means to a user. */
import { MeshdError } from '../../../catalog/error';
import { sourceErrors } from '../errors';

/** OpenSSL's verification results and Node's own: `DEPTH_ZERO_SELF_SIGNED_CERT`, `ERR_TLS_…`, `EPROTO`. */
const tlsCode = /CERT|^ERR_(TLS|SSL)|^UNABLE_TO_|^EPROTO$|CRL|^HOSTNAME_MISMATCH$/;

/** A connection that ended within an answer; before one it is just unreachable. */
const cutCode = new Set(['ECONNRESET', 'ERR_BAD_RESPONSE', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * The client's error itself is dropped: it holds the request with its headers, so a token could reach
 * a log with it.
 */
export function transportError(error: unknown, url: string, path: string): MeshdError {
  if (error instanceof MeshdError) return error;
  const code = codeOf(error);
  if (tlsCode.test(code)) return sourceErrors.error('KUMA_TLS', { url, cause: code });
  if (cutCode.has(code) && hasAnswer(error)) {
    return sourceErrors.error('KUMA_TRUNCATED', { url, path, cause: code });
  }
  return sourceErrors.error('KUMA_UNREACHABLE', { url, cause: code });
}

function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string' && code !== '' && code !== 'ERR_NETWORK') return code;
  if (cause !== undefined && cause !== null) return codeOf(cause);
  return typeof code === 'string' ? code : 'connection failed';
}

/** The body's stream fails with a plain error, a request without answer with the client's own. */
function hasAnswer(error: unknown): boolean {
  const { isAxiosError, response } = error as {
    readonly isAxiosError?: boolean;
    readonly response?: unknown;
  };
  return isAxiosError !== true || response !== undefined;
}
