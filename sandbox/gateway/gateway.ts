import type { ConfigFeed } from './config-view';
import type { Log, LogEntry } from './plugin-client/gateway-log';
import {
  describedPlugin,
  type PluginInfoDocument,
  readPluginInfo,
} from './plugin-client/plugin-info';
import { PluginServerClient } from './plugin-client/plugin-server-client';
import type { ExternalPlugin } from './proxy/plugin-runner';
import { startProxyServer } from './proxy/proxy-server';
import { type HostTable, type Resolve, tableResolver } from './proxy/resolver';

/** Where a plugin server listens, and its description: as text in a file (as for `query_cmd`) or at hand. */
export type PluginServerOptions = { readonly socketPath: string } & (
  { readonly infoPath: string } | { readonly info: PluginInfoDocument }
);

export interface GatewayOptions {
  readonly feed: ConfigFeed;
  /** The proxy's port on loopback. Default: a free one. */
  readonly port?: number;
  /** Kong workers to stand in for: each has its own plugin instances. Default 1. */
  readonly workers?: number;
  readonly pluginServer?: PluginServerOptions;
  /** `lua_socket_read_timeout`: how long a plugin may take. Default 60,000. */
  readonly readTimeoutMs?: number;
  /** DNS. Default: the loopback names exist and nothing else does. */
  readonly resolve?: HostTable | Resolve;
  /** Where this machine really has a loopback address, as with a sidecar's `hereOf`. Default: there. */
  readonly hereOf?: (address: string) => string;
  /** Gets each line of the error log as it is written. */
  readonly log?: Log;
}

export interface Gateway {
  readonly proxyUrl: string;
  /** The error log so far: its newest 10,000 lines. */
  readonly logEntries: readonly LogEntry[];
  stop(): Promise<void>;
}

const maxLogEntries = 10_000;

/**
 * Starts a stand-in for Kong's data plane: an HTTP proxy that serves what the feed holds, with an external
 * plugin server's plugin if one is given.
 *
 * @throws Error when the port is taken, or when the plugin's description cannot be read
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { feed, port = 0, workers = 1, pluginServer, readTimeoutMs = 60_000, resolve } = options;
  const logEntries: LogEntry[] = [];
  const log: Log = (entry) => {
    logEntries.push(entry);
    if (logEntries.length > maxLogEntries) logEntries.shift();
    options.log?.(entry);
  };
  const external: ExternalPlugin[] = [];
  if (pluginServer) {
    const { plugin: info, protocol } =
      'info' in pluginServer
        ? describedPlugin(pluginServer.info)
        : readPluginInfo(pluginServer.infoPath);
    const { socketPath } = pluginServer;
    const client = new PluginServerClient({ socketPath, protocol, workers, readTimeoutMs, log });
    external.push({ info, client });
  }
  const server = await startProxyServer({
    feed,
    port,
    workers,
    external,
    ...(options.hereOf ? { hereOf: options.hereOf } : {}),
    resolve: typeof resolve === 'function' ? resolve : tableResolver(resolve),
    log,
  });
  return {
    proxyUrl: `http://127.0.0.1:${server.port}`,
    logEntries,
    async stop() {
      await server.stop();
      for (const { client } of external) client.close();
    },
  };
}
