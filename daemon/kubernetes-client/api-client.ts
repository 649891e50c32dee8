/** Requests to one API server over plain HTTPS: bounded in time and size, to one host, no redirects. */
import { request as httpRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as HttpsAgent } from 'node:https';

import { statusError, transportError, type Operation } from './api-error';
import type { Cluster, Connection, TlsSettings } from './cluster';
import { kubernetesClientErrors } from './errors';
import { readBody } from './read-body';

export interface ApiClientOptions {
  readonly cluster: Cluster;
  /** Longest wait for an answer to begin and, but for watches, to end. */
  readonly timeoutMs: number;
  /** Default 64 MiB: a page of 500 Services is about 1 MiB. */
  readonly maxBytes?: number;
}

export interface ApiRequest extends Operation {
  readonly query?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly contentType?: string;
  readonly body?: unknown;
}

export interface ApiClient {
  readonly cluster: Cluster;
  readonly timeoutMs: number;
  /**
   * The parsed answer of a request that succeeded.
   * @throws MeshdError K8S_*; with the reason of a signal that aborts.
   */
  send(request: ApiRequest, signal: AbortSignal): Promise<unknown>;
  /** A request that succeeded and whose body is read by the caller, who must destroy or end it. */
  open(request: ApiRequest, signal: AbortSignal): Promise<OpenAnswer>;
  /** Ends idle connections. */
  close(): void;
}

export interface OpenAnswer {
  readonly url: string;
  readonly body: IncomingMessage;
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  const { cluster, timeoutMs, maxBytes = 64 * 1024 * 1024 } = options;
  const agents = new AgentPool();

  async function open(request: ApiRequest, signal: AbortSignal): Promise<OpenAnswer> {
    signal.throwIfAborted();
    const connection = await cluster.connection();
    const body = await connect(connection, agents, request, signal, timeoutMs);
    const { statusCode = 0 } = body;
    if (statusCode >= 200 && statusCode < 300) return { url: connection.url, body };
    const text = await readBody(body, { signal, timeoutMs, maxBytes: 64 * 1024 }).catch(() => '');
    throw statusError(connection.url, request, statusCode, tryJson(text));
  }

  return {
    cluster,
    timeoutMs,
    open,
    async send(request, signal) {
      const { url, body } = await open(request, signal);
      const text = await readBody(body, { signal, timeoutMs, maxBytes }).catch((error: unknown) => {
        signal.throwIfAborted();
        const cause = (error as NodeJS.ErrnoException).code ?? 'cut off';
        throw kubernetesClientErrors.error('K8S_TRUNCATED', { url, path: request.path, cause });
      });
      const value = tryJson(text);
      if (value !== undefined) return value;
      const details = { url, path: request.path, cause: 'it is no JSON' };
      throw kubernetesClientErrors.error('K8S_UNEXPECTED', details);
    },
    close: () => agents.close(),
  };
}

/** Resolves when the head of the answer is there. */
async function connect(
  { url, headers, tls }: Connection,
  agents: AgentPool,
  { path, query, method = 'GET', contentType, body }: ApiRequest,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<IncomingMessage> {
  const target = new URL(url + path);
  for (const [key, value] of Object.entries(query ?? {})) target.searchParams.set(key, value);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const settings = {
    method,
    headers: {
      accept: 'application/json',
      'user-agent': 'kong-meshd',
      ...headers,
      ...(text === undefined
        ? {}
        : {
            'content-type': contentType ?? 'application/json',
            'content-length': String(Buffer.byteLength(text)),
          }),
    },
    signal,
  };
  const secure = target.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = secure
      ? httpsRequest(target, { ...settings, agent: agents.secure(tls), ...verified(tls) })
      : httpRequest(target, { ...settings, agent: agents.plain });
    const timer = setTimeout(() => {
      const details = { url, path, timeoutMs };
      request.destroy(kubernetesClientErrors.error('K8S_TIMEOUT', details));
    }, timeoutMs);
    request.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    request.once('error', (error) => {
      clearTimeout(timer);
      reject(signal.aborted ? asError(signal.reason) : transportError(url, error));
    });
    request.end(text);
  });
}

/** Said in any case, as without it NODE_TLS_REJECT_UNAUTHORIZED of the environment would decide. */
function verified(tls: TlsSettings): TlsSettings {
  return { ...tls, rejectUnauthorized: tls.rejectUnauthorized ?? true };
}

/** Connections are shared as long as the certificates stay; renewed ones get connections of their own. */
class AgentPool {
  readonly plain = new HttpAgent({ keepAlive: true, maxFreeSockets: 4 });
  #secure: { readonly key: string; readonly agent: HttpsAgent } | undefined;

  secure(tls: TlsSettings): HttpsAgent {
    const key = JSON.stringify(tls);
    if (this.#secure?.key === key) return this.#secure.agent;
    this.#secure?.agent.destroy();
    const agent = new HttpsAgent({ keepAlive: true, maxFreeSockets: 4 });
    this.#secure = { key, agent };
    return agent;
  }

  close(): void {
    this.plain.destroy();
    this.#secure?.agent.destroy();
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
