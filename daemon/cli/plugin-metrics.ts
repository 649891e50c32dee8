/** Where the plugin server serves its metrics, and what they say of requests. */
import { request } from 'node:http';

import { parseListen } from '../../http-server/listen-address';
import type { Config } from '../config/schema';
import { readRequestCounts, type RequestCounts } from '../status/requests';

type Target = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** A plugin server's metrics are some kilobytes; more is something else that listens there. */
const maxBytes = 1024 * 1024;

/** What the configuration says, else what the plugin server itself is told by the environment. */
export function findPluginMetrics(
  { plugin }: Pick<Config, 'plugin'>,
  env: Readonly<Record<string, string | undefined>>,
): Target | undefined {
  const text = plugin?.metrics ?? env['KONG_MESHD_METRICS'];
  const socketPath = /^unix:(\/.+)$/.exec(text ?? '')?.[1];
  if (socketPath !== undefined) return { socketPath };
  const address = parseListen(text ?? '');
  // All addresses is where it listens; one of them is where it is asked.
  return address && { ...address, host: address.host === '0.0.0.0' ? '127.0.0.1' : address.host };
}

/** Undefined where nobody answers in time, or what answers is no plugin server. Never rejects. */
export function readPluginMetrics(
  target: Target,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<RequestCounts | undefined> {
  return new Promise((resolve) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const asked = request({ ...target, path: '/metrics', signal: bounded }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > maxBytes) asked.destroy();
      });
      response.on('end', () => {
        resolve(response.statusCode === 200 ? readRequestCounts(text) : undefined);
      });
      response.on('error', () => resolve(undefined));
    });
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => resolve(undefined));
    asked.end();
  });
}
