import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { AdminOptions } from '../../../../sandbox/gateway/admin/admin-options';
import type { AdminServer } from '../../../../sandbox/gateway/admin/admin-server';
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';
import type { RecordedExchange } from './recorded-exchange';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: any;
}

/**
 * A stand-in whose clock and random values are those of the recording, so that its answers can be
 * compared to the letter.
 */
export class Replay {
  private nowMs = 1_795_000_000_000;
  private readonly ids: string[] = [];
  private readonly secrets: string[] = [];
  private server: AdminServer | undefined;

  constructor(private readonly options: AdminOptions) {}

  get admin(): AdminServer {
    if (!this.server) throw new Error('not started');
    return this.server;
  }

  async start(): Promise<void> {
    this.server = await startAdmin({
      ...this.options,
      now: () => this.nowMs,
      random: {
        id: () => this.ids.shift() ?? randomUUID(),
        secret: () => this.secrets.shift() ?? 'generatedKeyOf32CharsGoesHere000',
      },
    });
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  /** Sets the clock for what comes next. */
  at(seconds: number): void {
    this.nowMs = Math.round(seconds * 1000);
  }

  /** Sends a recorded request, with the recording's clock and random values. */
  async send(exchange: RecordedExchange): Promise<Answer> {
    const { method } = exchange.request;
    if (method !== 'GET') this.prepare(exchange);
    const target =
      exchange.request.path === '/status/ready' ? this.admin.statusUrl : this.admin.url;
    return ask(target ?? '', method, exchange.request.path, {
      headers: exchange.request.headers ?? {},
      body: bodyOf(exchange),
    });
  }

  private prepare({ request: sent, response: { body } }: RecordedExchange): void {
    const entities: any[] = sent.path.startsWith('/config')
      ? Object.values(body ?? {}).flatMap((byId: any) => Object.values(byId ?? {}))
      : [body];
    const times = entities.map((entity) => entity?.updated_at ?? entity?.created_at ?? 0);
    const time = Math.max(0, ...times.filter((value) => typeof value === 'number'));
    if (time > 0) this.at(time);
    this.ids.length = 0;
    this.secrets.length = 0;
    const made = sent.path.startsWith('/config')
      ? [...Object.keys(body?.keyauth_credentials ?? {}), ...Object.keys(body?.jwt_secrets ?? {})]
      : [body?.id];
    this.ids.push(...made.filter((id): id is string => typeof id === 'string'));
    const given: any = sent.body;
    for (const name of ['key', 'secret']) {
      if (typeof body?.[name] === 'string' && given?.[name] === undefined) {
        this.secrets.push(body[name]);
      }
    }
  }
}

/** The body to send: recordings of huge ones say only how large they were. */
function bodyOf({ request: sent }: RecordedExchange): string | undefined {
  const { body } = sent;
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'string') return JSON.stringify(body);
  const size = /\.\.\. (\d+) bytes$/.exec(body)?.[1];
  return size === undefined ? body : 'x'.repeat(Number(size));
}

/** One request over a connection of its own, with exactly the given headers. */
export function ask(
  baseUrl: string,
  method: string,
  path: string,
  given: { headers?: Readonly<Record<string, string>>; body?: string | undefined } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${baseUrl}${path}`,
      {
        method,
        agent: false,
        headers: {
          ...given.headers,
          ...(given.body === undefined ? {} : { 'Content-Length': Buffer.byteLength(given.body) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text === '' ? null : isJson ? JSON.parse(text) : text,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(given.body);
  });
}
