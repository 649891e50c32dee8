import { Agent, createServer, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ConfigFeed } from '../config-view';
import type { Log } from '../plugin-client/gateway-log';
import { builtInPlugins } from './lua-plugins/built-in';
import { type ExternalPlugin, PluginRunner } from './plugin-runner';
import { compileProxyConfig, type ProxyConfig } from './proxy-config';
import { type PipelineParts, serveRequest } from './request-pipeline';
import type { Resolve } from './resolver';

export interface ProxyServerOptions {
  readonly feed: ConfigFeed;
  /** 0 for a free one. */
  readonly port: number;
  readonly workers: number;
  readonly external: readonly ExternalPlugin[];
  readonly resolve: Resolve;
  readonly hereOf?: (address: string) => string;
  readonly log: Log;
}

export interface ProxyServer {
  readonly port: number;
  /** Ends all connections and forgets the feed. */
  stop(): Promise<void>;
}

/** The gateway that was recorded took headers of 70 KB; Node's own limit is 16 KB. */
const maxHeaderSize = 256 * 1024;

/** The proxy on loopback. Connections go to the stand-in's workers in turn. */
export async function startProxyServer(options: ProxyServerOptions): Promise<ProxyServer> {
  const { current, unsubscribe } = followConfig(options.feed);
  const agents = {
    http: new Agent({ keepAlive: true }),
    https: new TlsAgent({ keepAlive: true }),
    hereOf: options.hereOf ?? ((address: string) => address),
  };
  let turn = 0;
  const parts: PipelineParts = {
    currentConfig: current,
    plugins: new PluginRunner(builtInPlugins(), options.external),
    agents,
    resolve: options.resolve,
    nextTurn: () => turn++,
    log: options.log,
  };
  const workerOf = new WeakMap<Socket, number>();
  const server = createServer({ maxHeaderSize }, (request: IncomingMessage, response) => {
    void serveRequest(parts, request, response, workerOf.get(request.socket) ?? 0);
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 75_000;
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    workerOf.set(socket, connections++ % options.workers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      unsubscribe();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agents.http.destroy();
      agents.https.destroy();
      await closed;
    },
  };
}

/** Compiles a new configuration with the first request after a change: a row of writes costs one. */
function followConfig(feed: ConfigFeed): {
  current: () => ProxyConfig;
  unsubscribe: () => void;
} {
  let config: ProxyConfig | undefined;
  let stale = true;
  const unsubscribe = feed.onChange(() => {
    stale = true;
  });
  const current = (): ProxyConfig => {
    if (!config || stale) {
      stale = false;
      config = compileProxyConfig(feed.current(), config);
    }
    return config;
  };
  return { current, unsubscribe };
}
