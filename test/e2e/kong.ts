/** Kong as its users see it: requests through the proxy, and the Admin API. */
import { request } from 'node:http';

import type { BackendAnswer } from './mesh';
import type { Environment } from './environment';

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Present where a backend of the suite answered. */
  readonly by?: BackendAnswer;
}

export interface Kong {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Equal as long as nobody pushes another configuration; zeros without one. */
  configHash(): Promise<string>;
  service(name: string): Promise<{ readonly host: string; readonly port: number } | undefined>;
  route(name: string): Promise<{ readonly paths: readonly string[] } | undefined>;
  /** What a restart does to a Kong without a database and without a file. */
  loseConfig(): Promise<void>;
}

export function openKong({ kongProxyUrl, kongAdminUrl }: Environment): Kong {
  async function admin(path: string): Promise<unknown> {
    const response = await fetch(`${kongAdminUrl}${path}`, { signal: AbortSignal.timeout(10_000) });
    if (response.status === 404) return undefined;
    return response.json();
  }
  return {
    async get(path, headers = {}) {
      const { status, body } = await send(new URL(path, kongProxyUrl), headers);
      const by = status === 200 ? { by: JSON.parse(body) as BackendAnswer } : {};
      return { status, body, ...by };
    },
    async configHash() {
      const status = (await admin('/status')) as { configuration_hash: string };
      return status.configuration_hash;
    },
    service: (name) => admin(`/services/${name}`) as ReturnType<Kong['service']>,
    route: (name) => admin(`/routes/${name}`) as ReturnType<Kong['route']>,
    async loseConfig() {
      const response = await fetch(`${kongAdminUrl}/config`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ config: '{"_format_version":"3.0"}' }),
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) throw new Error(`POST /config: ${String(response.status)}`);
    },
  };
}

/** By hand, because fetch takes no Host of the caller's. */
function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, timeout: 10_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${url.href}`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
