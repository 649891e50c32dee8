import * as z from 'zod';

import type { KongState } from '../../kong/model';
import { parseKongConfig } from '../../kong/parse';
import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import { emptyHash, readConfigurationHash } from './node-status';

const emptyState: KongState = { entities: [], passthrough: {}, selectTags: [] };

const Config = z.object({ config: z.string() });

/**
 * What the node holds, with the hash under which it holds it. Read again where somebody pushes in
 * between, a few times.
 * @throws MeshdError KONG_NOT_DBLESS, KONG_REPLY_INVALID or what the client throws.
 */
export async function readConfig(
  client: KongClient,
  hashBefore: string,
  meshTag: string | undefined,
  signal: AbortSignal,
): Promise<{ hash: string; state: KongState }> {
  let before = hashBefore;
  for (let attempt = 1; ; attempt++) {
    if (before === emptyHash) return { hash: before, state: emptyState };
    const text = await readText(client, signal);
    const { hash: after } = await readConfigurationHash(client, signal);
    if (after === before || attempt === 3) {
      return { hash: after, state: parseConfig(text, client.url, meshTag) };
    }
    before = after;
  }
}

async function readText(client: KongClient, signal: AbortSignal): Promise<string> {
  const request = { method: 'GET', path: '/config', accept: [400], timeoutMs: 60_000 } as const;
  const { status, data } = await client.request(request, signal);
  const { url } = client;
  if (status === 400) throw targetErrors.error('KONG_NOT_DBLESS', { url });
  const parsed = Config.safeParse(data);
  if (parsed.success) return parsed.data.config;
  const cause = 'it has no config';
  throw targetErrors.error('KONG_REPLY_INVALID', { url, method: 'GET', path: '/config', cause });
}

function parseConfig(text: string, url: string, meshTag: string | undefined): KongState {
  const files = [{ path: `${url}/config`, text }];
  const options = { env: 'literal', ...(meshTag === undefined ? {} : { meshTag }) } as const;
  const parsed = parseKongConfig(files, options);
  const failure = parsed.failures.find(({ severity }) => severity === 'error');
  if (!failure) return { ...parsed.state, passthrough: {} };
  const details = { url, method: 'GET', path: '/config', cause: failure.message };
  throw targetErrors.error('KONG_REPLY_INVALID', details);
}
