/** Where the plugin server of this gateway listens, as far as it can be known without being told. */
import { lstat } from 'node:fs/promises';

import type { Config } from '../../config/schema';

/** Where `kong-meshd plugin-server` listens by default: Kong's own prefix. */
const usualSocket = '/usr/local/kong/mesh-upstream.socket';

/**
 * What the configuration says, then what the plugin server itself is told by the environment, then what
 * Kong on this host says, then the usual place where there is something. Undefined: nothing is known,
 * and a plugin server may well run on another host.
 */
export async function findPluginSocket(
  { plugin }: Pick<Config, 'plugin'>,
  env: Readonly<Record<string, string | undefined>>,
  saidByKong?: string,
): Promise<string | undefined> {
  const named = plugin?.socket ?? env['KONG_MESHD_SOCKET'] ?? saidByKong;
  if (named !== undefined) return named;
  const found = await lstat(usualSocket).catch(() => undefined);
  return found?.isSocket() === true ? usualSocket : undefined;
}
