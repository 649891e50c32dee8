import * as z from 'zod';

import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import { pause } from '../kong-http/deadline';

/** What `configuration_hash` shows where the node holds nothing, or an empty document. */
export const emptyHash = '0'.repeat(32);

const NodeStatus = z.object({
  configuration_hash: z.string().optional(),
  database: z.unknown().optional(),
});

/**
 * The hash of what the node holds: one cheap GET.
 * @throws MeshdError KONG_NOT_DBLESS, KONG_REPLY_INVALID or what the client throws.
 */
export async function readConfigurationHash(
  client: KongClient,
  signal: AbortSignal,
): Promise<{ hash: string; version: string | undefined }> {
  const { data, version } = await client.request({ method: 'GET', path: '/status' }, signal);
  const status = NodeStatus.safeParse(data);
  const hash = status.data?.configuration_hash;
  if (hash !== undefined) return { hash, version };
  const { url } = client;
  if (status.data?.database !== undefined) throw targetErrors.error('KONG_NOT_DBLESS', { url });
  const cause = 'it has no configuration_hash';
  throw targetErrors.error('KONG_REPLY_INVALID', { url, method: 'GET', path: '/status', cause });
}

/**
 * Waits until the node shows the hash: a push is answered some milliseconds before it is live.
 * @returns what the node shows in the end, the same hash or another.
 */
export async function waitForHash(
  client: KongClient,
  expected: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<string> {
  const giveUpAt = performance.now() + waitMs;
  for (let delayMs = 5; ; delayMs = Math.min(delayMs * 2, 250)) {
    const { hash } = await readConfigurationHash(client, signal);
    if (hash === expected || performance.now() + delayMs > giveUpAt) return hash;
    await pause(delayMs, signal);
  }
}
