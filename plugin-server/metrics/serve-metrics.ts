/** `/metrics` and `/livez` of the plugin server. What goes wrong here never touches a request of Kong's. */
import type { Server } from 'node:http';

import { MeshdError } from '../../catalog/error';
import { createHostCheck } from '../../http-server/host-check';
import { listenOnAddress } from '../../http-server/listen';
import {
  closeServer,
  createReadOnlyServer,
  send,
  sendText,
} from '../../http-server/read-only-server';
import { pluginServerErrors } from '../errors';
import type { Log } from '../log';
import { freeSocketPath, listenOnSocket } from '../socket-file';
import type { MetricsAddress } from './address';
import { contentType, expose } from './exposition';
import { samplesOf, type ServerState } from './samples';

export interface MetricsOptions {
  readonly listen: MetricsAddress;
  /** Names under which it may be called besides localhost and its own address. */
  readonly hosts: readonly string[];
  readonly state: () => ServerState;
  /** Whether Kong can reach the plugin server. */
  readonly reachable: () => Promise<boolean>;
  readonly log: Log;
  /** Between attempts to listen on an address that is taken. Default 5,000. */
  readonly retryMs?: number;
}

export interface MetricsServer {
  /** Resolves at the first success to the URL, or to `unix:` and the path. */
  readonly listening: Promise<string>;
  close(): Promise<void>;
}

/** Never throws: an address that cannot be had is told once, and tried again. */
export function serveMetrics(options: MetricsOptions): MetricsServer {
  const { listen, log, retryMs = 5_000 } = options;
  let server: Server | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let told: string | undefined;
  let succeed: (url: string) => void;
  const listening = new Promise<string>((resolve) => (succeed = resolve));

  async function attempt(): Promise<void> {
    const next = createMetricsServer(options);
    try {
      const url = await listenOn(next, listen);
      if (closed) {
        await closeServer(next);
        return;
      }
      server = next;
      log.write('info', 'metrics are served', { url });
      succeed(url);
    } catch (error) {
      report(error);
      if (!closed) timer = setTimeout(() => void attempt(), retryMs).unref();
    }
  }

  function report(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    const cause = error instanceof MeshdError ? message.replace(/\.$/, '') : (code ?? message);
    if (cause === told) return;
    told = cause;
    const details = { listen: formatAddress(listen), cause };
    const failure = pluginServerErrors.failure('PLUGIN_SERVER_METRICS_BLOCKED', details);
    log.write('warn', failure.message, { code: failure.code, remedy: failure.remedy });
  }

  const first = attempt();
  return {
    listening,
    async close() {
      closed = true;
      clearTimeout(timer);
      await first;
      if (server) await closeServer(server);
    },
  };
}

function createMetricsServer({ listen, hosts, state, reachable }: MetricsOptions): Server {
  return createReadOnlyServer({
    routes: {
      '/metrics': (response) => {
        send(response, 200, contentType, expose(samplesOf(state())));
      },
      '/livez': async (response) => {
        const alive = await reachable();
        const problem = 'the socket is gone or another server has taken its place';
        sendText(response, alive ? 200 : 503, alive ? 'alive' : problem);
      },
    },
    // No web page reaches a unix socket.
    mayCall: 'path' in listen ? () => true : createHostCheck(listen, hosts),
    hostSetting: 'KONG_MESHD_METRICS_HOSTS',
  });
}

async function listenOn(server: Server, listen: MetricsAddress): Promise<string> {
  if (!('path' in listen)) return listenOnAddress(server, listen);
  await freeSocketPath(listen.path);
  await listenOnSocket(server, listen.path, 0o660);
  server.on('error', () => undefined);
  return formatAddress(listen);
}

function formatAddress(listen: MetricsAddress): string {
  if ('path' in listen) return `unix:${listen.path}`;
  const { host, port } = listen;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
