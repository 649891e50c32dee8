/** A stand-in of a Kong with a database, and targets on it. */
import {
  createAdminTarget,
  type AdminTarget,
} from '../../../../daemon/targets/kong-admin/admin-target';
import type { AdminOptions } from '../../../../daemon/targets/kong-admin/admin-options';
import type { ExtraPluginSchema } from '../../../../sandbox/gateway/entities/plugin-catalogue';
import type { AdminServer } from '../../../../sandbox/gateway/admin/admin-server';
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';

export interface Kong {
  readonly server: AdminServer;
  target(options?: Partial<AdminOptions>): AdminTarget;
  /** What somebody else sends; resolves with the parsed answer. */
  call(method: string, path: string, body?: object): Promise<any>;
  /** Requests since the last call of this, as `METHOD /path`. */
  takeCalls(): readonly string[];
  /** Ends the connections of all targets so far. */
  closeTargets(): void;
  stop(): Promise<void>;
}

/** @param extraPluginSchemas of plugins of a plugin server. */
export async function startKong(
  extraPluginSchemas: readonly ExtraPluginSchema[] = [],
): Promise<Kong> {
  const server = await startAdmin({ mode: 'db', extraPluginSchemas });
  const targets: AdminTarget[] = [];
  const closeTargets = () => {
    for (const target of targets.splice(0)) target.close();
  };
  return {
    server,
    target(options = {}) {
      const target = createAdminTarget({
        url: server.url,
        ownerTag: 'kong-meshd',
        retryDelayMs: 1,
        maxRetryDelayMs: 5,
        ...options,
      });
      targets.push(target);
      return target;
    },
    async call(method, path, body) {
      const response = await fetch(server.url + path, {
        method,
        ...(body
          ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
          : {}),
      });
      const text = await response.text();
      return text === '' ? undefined : JSON.parse(text);
    },
    takeCalls() {
      const calls = server.requests.list().map(({ method, path }) => `${method} ${path}`);
      server.requests.clear();
      return calls;
    },
    closeTargets,
    async stop() {
      closeTargets();
      await server.stop();
    },
  };
}

/** Kong takes so many writes and fails then. Returns the end of it, which says whether one failed. */
export function failAfter(kong: Kong, last: number): () => boolean {
  let writes = 0;
  const path = new RegExp('');
  path.test = (text) => !text.startsWith('/schemas') && ++writes > last;
  for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
    kong.server.faults.add({ match: { method, path }, status: 500, times: Infinity });
  }
  return () => {
    kong.server.faults.clear();
    return writes > last;
  };
}
