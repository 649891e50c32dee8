import { keyAuth } from './key-auth';
import type { LuaPlugin } from './lua-plugin';
import { rateLimiting } from './rate-limiting';
import { requestTermination } from './request-termination';

/** The bundled plugins with an effect here, by name. Any other (`cors`, `prometheus`, ...) does nothing. */
export function builtInPlugins(): ReadonlyMap<string, LuaPlugin> {
  return new Map([
    ['key-auth', keyAuth],
    ['rate-limiting', rateLimiting()],
    ['request-termination', requestTermination],
  ]);
}
