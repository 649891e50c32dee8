/** Bytes from a control plane: bounded in time and size, to one host only, without secrets in errors. */
import { createHash } from 'node:crypto';
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import axios, { isAxiosError, type AxiosInstance } from 'axios';

import { sourceErrors } from '../errors';
import { readCredentials, type Credentials } from './credentials';
import type { KumaSourceConfig } from './config';
import { withDeadline } from './deadline';
import { createRest } from './retry-after';
import { transportError } from './transport-error';

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  /** Put together only when asked for: an unchanged answer is told by its digest. */
  readonly body: () => Buffer;
  /** SHA-256 of the body: equal pages are neither parsed nor kept as text. */
  readonly digest: string;
  /** Length of the body in bytes. */
  readonly size: number;
}

/** What an answer is told by where its body was not kept. */
export type Digest = Pick<Reply, 'status' | 'digest'>;

export interface Connection {
  readonly url: string;
  /** Reads token and CA anew; requests use what was read last. @throws MeshdError KUMA_*_UNREADABLE. */
  refresh(signal: AbortSignal): Promise<void>;
  /**
   * @param target path and query, beginning with a slash; appended to the configured url.
   * @returns whatever status came; redirects are not followed.
   * @throws MeshdError KUMA_UNREACHABLE, KUMA_TIMEOUT, KUMA_TLS, KUMA_TRUNCATED, KUMA_TOO_LARGE, or
   * KUMA_BUSY from an answer with Retry-After on until that time is over.
   */
  get(target: string, signal: AbortSignal): Promise<Reply>;
  /** As `get`, for an answer that is most likely known: nothing of it is kept but its digest. */
  digestOf(target: string, signal: AbortSignal): Promise<Digest>;
  /**
   * Sends a whole resource, once: what broke off may have been stored, so the caller looks again.
   * @returns and throws as `get`.
   */
  put(target: string, body: unknown, signal: AbortSignal): Promise<Reply>;
}

/** A page of 1000 MeshServices is about 1.5 MB; nothing a control plane answers comes near this. */
const defaultMaxBytes = 64 * 1024 * 1024;

export type ConnectionOptions = Pick<
  KumaSourceConfig,
  'url' | 'tokenFile' | 'caFile' | 'insecureSkipVerify' | 'headers' | 'timeoutMs'
> & { readonly maxBytes?: number };

export function createConnection(options: ConnectionOptions): Connection {
  const url = options.url.replace(/\/+$/, '');
  const { timeoutMs, maxBytes = defaultMaxBytes } = options;
  let credentials: Credentials = {};
  let client = createClient(options, credentials);
  const rest = createRest();

  async function request(
    target: string,
    signal: AbortSignal,
    { body, keep = true }: { readonly body?: unknown; readonly keep?: boolean } = {},
  ): Promise<Reply> {
    rest.check();
    const { token } = credentials;
    const response = await client.request<IncomingMessage>({
      url: url + target,
      signal,
      ...(body === undefined ? {} : { method: 'PUT', data: JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const { headers, statusCode = 0 } = response.data;
    const content = await readBody(response.data, maxBytes, keep);
    if (!content) throw sourceErrors.error('KUMA_TOO_LARGE', { url, path: target, maxBytes });
    rest.note({ url, path: target, status: statusCode, retryAfter: headers['retry-after'] });
    return { status: statusCode, contentType: headers['content-type'] ?? '', ...content };
  }

  function exchange(
    target: string,
    signal: AbortSignal,
    run: (bounded: AbortSignal) => Promise<Reply>,
  ): Promise<Reply> {
    const expired = (): Error =>
      sourceErrors.error('KUMA_TIMEOUT', { url, path: target, timeoutMs });
    return withDeadline(signal, timeoutMs, expired, async (bounded) => {
      try {
        return await run(bounded);
      } catch (error) {
        throw transportError(error, url, target);
      }
    });
  }

  function read(target: string, signal: AbortSignal, keep: boolean): Promise<Reply> {
    // The server may close an idle connection just as it is used again: that GET never ran. Others of the
    // pool may have met the same end; each attempt takes one away, so this ends with a new connection.
    const attempt = (bounded: AbortSignal): Promise<Reply> =>
      request(target, bounded, { keep }).catch((error: unknown) => {
        if (!bounded.aborted && diedBeforeUse(error)) return attempt(bounded);
        throw error;
      });
    return exchange(target, signal, attempt);
  }

  return {
    url,
    async refresh(signal) {
      const read = await readCredentials(options, signal);
      if (read.ca !== credentials.ca) client = createClient(options, read);
      credentials = read;
    },
    get: (target, signal) => read(target, signal, true),
    digestOf: (target, signal) => read(target, signal, false),
    put: (target, body, signal) =>
      exchange(target, signal, (bounded) => request(target, bounded, { body })),
  };
}

function createClient(options: ConnectionOptions, { ca }: Credentials): AxiosInstance {
  const pool = { keepAlive: true, maxSockets: 8, maxFreeSockets: 8 };
  return axios.create({
    httpAgent: new HttpAgent(pool),
    httpsAgent: new HttpsAgent({
      ...pool,
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: !options.insecureSkipVerify,
    }),
    // The daemon stands beside its control plane: a proxy variable meant for others would take away
    // the loopback caller's rights.
    proxy: false,
    maxRedirects: 0,
    // Bytes as they come: no text, no parsing and no second copy before the digest is known.
    responseType: 'stream',
    decompress: false,
    validateStatus: () => true,
    headers: { accept: 'application/json', 'accept-encoding': 'identity', ...options.headers },
  });
}

/** @returns undefined where the body is larger than the bound; the rest is not read. */
async function readBody(
  stream: IncomingMessage,
  maxBytes: number,
  keep: boolean,
): Promise<Pick<Reply, 'body' | 'digest' | 'size'> | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const hash = createHash('sha256');
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        resolve(undefined);
        stream.destroy();
        return;
      }
      hash.update(chunk);
      if (keep) chunks.push(chunk);
    });
    stream.on('error', reject);
    stream.on('end', () =>
      resolve({ body: () => Buffer.concat(chunks, size), digest: hash.digest('base64'), size }),
    );
  });
}

function diedBeforeUse(error: unknown): boolean {
  if (!isAxiosError(error) || error.response) return false;
  const { reusedSocket } = (error.request ?? {}) as { readonly reusedSocket?: boolean };
  return reusedSocket === true && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
