import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const FIXTURES = join(__dirname, '../../fixtures');

/** The address the recorded control plane was asked at: `next` is built from it. */
const HOST = '127.0.0.1:5681';

export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body?: any;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: any;
  };
}

export interface Reply {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: any;
}

export function exchangeNames(folder = 'kuma'): readonly string[] {
  return readdirSync(join(FIXTURES, folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}

export function exchange(name: string, folder = 'kuma'): Exchange {
  return JSON.parse(readFileSync(join(FIXTURES, folder, `${name}.json`), 'utf8')) as Exchange;
}

/** Sends a recorded request to another server, as if to the recorded address. */
export async function replay(
  url: string,
  recorded: Exchange['request'],
  token?: string,
): Promise<Reply> {
  const { method, path, body } = recorded;
  const headers: Record<string, string> = { ...recorded.headers, host: HOST };
  if (headers['Authorization'] !== undefined) headers['Authorization'] = `Bearer ${token ?? ''}`;
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return await send(url, path, { method, headers }, payload);
}

export async function send(
  url: string,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
  payload?: string,
): Promise<Reply> {
  return await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const outgoing = request({ agent: false, hostname, port, path, ...options }, (response) => {
      text(response).then((raw) => {
        const type = response.headers['content-type'];
        const body = type === 'application/json' ? JSON.parse(raw) : raw;
        resolve({ status: response.statusCode ?? 0, type, body });
      }, reject);
    });
    outgoing.on('error', reject).end(payload);
  });
}

/** A body without what differs from run to run: times, ids, counters of a stream. */
export function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        VARYING.has(key) ? `<${key}>` : normalised(inner),
      ]),
    );
  }
  return typeof value === 'string' && TIME.test(value) ? '<time>' : value;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const VARYING = new Set([
  'clusterId',
  'id',
  'controlPlaneInstanceId',
  'gitCommit',
  'build',
  'certificateRegenerations',
]);
