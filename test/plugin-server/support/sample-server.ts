import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Log } from '../../../plugin-server/log';
import { toPluginClass } from '../../../plugin-server/plugin-class';
import {
  startPluginServer,
  type PluginServer,
  type PluginServerOptions,
} from '../../../plugin-server/server';
import { RawClient } from './raw-client';
import * as sample from './sample-plugin';

export interface SampleServer {
  readonly server: PluginServer;
  readonly lines: { readonly level: string; readonly message: string; readonly fields: any }[];
  connect(): Promise<RawClient>;
  /** A client with an instance of this behaviour. */
  instance(config: object, client?: RawClient): Promise<{ client: RawClient; id: number }>;
  stop(): Promise<void>;
}

/** The real server on a socket of its own, with the sample plugin. */
export async function startSampleServer(
  options: Partial<PluginServerOptions> = {},
): Promise<SampleServer> {
  const folder = await mkdtemp(join(tmpdir(), 'plugin-server-'));
  const lines: SampleServer['lines'] = [];
  const write: Log['write'] = (level, message, fields) => lines.push({ level, message, fields });
  const server = await startPluginServer({
    socket: join(folder, 'sample.socket'),
    plugins: [toPluginClass(sample, 'sample')],
    log: { write, limited: write },
    sweepMs: 20,
    ...options,
  });
  const clients: RawClient[] = [];
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.open(server.socket);
    clients.push(client);
    return client;
  };
  return {
    server,
    lines,
    connect,
    async instance(config, given) {
      const client = given ?? (await connect());
      const id = await client.start('sample', { __key__: 'k', __seq__: 1, ...config });
      return { client, id };
    },
    async stop() {
      clients.forEach((client) => client.close());
      await server.close(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Polls until it holds; the last failure is the test's. */
export async function eventually(check: () => void, withinMs = 5_000): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
