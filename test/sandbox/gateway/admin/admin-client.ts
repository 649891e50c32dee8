import type { AdminOptions } from '../../../../sandbox/gateway/admin/admin-options';
import type { AdminServer } from '../../../../sandbox/gateway/admin/admin-server';
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';
import { ask } from './replay';
import type { Answer } from './replay';

const servers: AdminServer[] = [];

/** Starts a stand-in that ends with the test. */
export async function start(options: AdminOptions): Promise<AdminServer> {
  const server = await startAdmin(options);
  servers.push(server);
  return server;
}

/** Sends JSON. */
export function send(
  server: AdminServer,
  method: string,
  target: string,
  body?: unknown,
): Promise<Answer> {
  return ask(server.url, method, target, {
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
