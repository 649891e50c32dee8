import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';

/**
 * Without a database Kong lists entities all the same and refuses only the writes; its status has a
 * hash then (seen). `GET /` would tell too, but fails where Kong starts plugin servers itself.
 * @throws MeshdError KONG_NOT_DATABASE or what the client throws.
 */
export async function requireDatabase(client: KongClient, signal: AbortSignal): Promise<void> {
  const request = { method: 'GET', path: '/status', accept: [404] } as const;
  const { data } = await client.request(request, signal);
  if (typeof data !== 'object' || data === null || !('configuration_hash' in data)) return;
  throw targetErrors.error('KONG_NOT_DATABASE', { url: client.url });
}
