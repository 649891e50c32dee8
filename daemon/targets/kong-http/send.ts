/**
 * One HTTP exchange, on Node's own client. Measured on 10,000 GETs of a small list: 0.1 ms of CPU an
 * exchange, where axios took 0.47 ms; a first sync of 60,000 entities is mostly this.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import { DeadlineExceeded } from './deadline';
import { onAbort } from './on-abort';
import type { KongHttpOptions } from './options';
import { readTlsFiles } from './tls-files';

export interface SentRequest {
  readonly method: string;
  /** Under the base URL, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string | undefined;
  readonly timeoutMs: number;
  /** Whether an answer with this status is read to its end without keeping it. */
  readonly discards: (status: number) => boolean;
}

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Empty where it was discarded. */
  readonly text: string;
}

export interface Sender {
  /**
   * @throws the signal's reason, DeadlineExceeded, BodyTooLarge, or what the connection failed with.
   */
  send(request: SentRequest, signal: AbortSignal): Promise<RawReply>;
  /** Ends idle connections. */
  close(): void;
}

export class BodyTooLarge extends Error {
  constructor(readonly limitBytes: number) {
    super(`larger than ${limitBytes} bytes`);
    this.name = 'BodyTooLarge';
  }
}

/** Speaks to the base URL only, and to no proxy: those of the environment are meant for the way out. */
export function createSender(base: URL, options: KongHttpOptions): Sender {
  const { maxResponseBytes = 256 * 1024 * 1024, connections = 32 } = options;
  const secure = base.protocol === 'https:';
  const agent = makeAgent(secure, connections, options);
  const request = secure ? httpsRequest : httpRequest;
  const prefix = base.pathname.replace(/\/$/, '');
  const target = {
    agent,
    // An IPv6 address stands in brackets in a URL, and without them here.
    host: base.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: base.port === '' ? (secure ? 443 : 80) : Number(base.port),
    ...(base.username === '' ? {} : { auth: credentialsOf(base) }),
  };

  function send(sent: SentRequest, signal: AbortSignal): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const { method, body } = sent;
      const headers: Record<string, string | number> = { ...sent.headers };
      if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
      const outgoing = request({ ...target, method, path: prefix + sent.path, headers });
      const end = (error: Error) => {
        finish();
        reject(error);
        outgoing.destroy();
      };
      const release = onAbort(signal, end);
      const timer = setTimeout(() => end(new DeadlineExceeded(sent.timeoutMs)), sent.timeoutMs);
      const finish = () => {
        clearTimeout(timer);
        release();
      };
      outgoing.on('error', end);
      outgoing.on('response', (incoming) => {
        const status = incoming.statusCode ?? 0;
        const keeps = !sent.discards(status);
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          if (!keeps) return;
          bytes += chunk.length;
          if (bytes > maxResponseBytes) end(new BodyTooLarge(maxResponseBytes));
          else chunks.push(chunk);
        });
        incoming.on('error', end);
        incoming.on('end', () => {
          finish();
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status, headers: incoming.headers, text });
        });
      });
      outgoing.end(body);
    });
  }

  return {
    async send(sent, signal) {
      signal.throwIfAborted();
      return await send(sent, signal);
    },
    close: () => agent.destroy(),
  };
}

function makeAgent(secure: boolean, connections: number, options: KongHttpOptions) {
  const settings = { keepAlive: true, maxSockets: connections };
  if (!secure) return new HttpAgent(settings);
  const { serverName, insecureSkipVerify = false } = options.tls ?? {};
  return new HttpsAgent({
    ...settings,
    ...readTlsFiles(options.tls),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: !insecureSkipVerify,
  });
}

function credentialsOf({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}
