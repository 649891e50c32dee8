/** Runs the plugin server until it is told to stop: what `kong-meshd plugin-server` calls. */
import { join } from 'node:path';

import { sharedSnapshotWatches } from '../plugin/mesh-upstream/snapshot-watch';
import { meshUpstreamClass } from './info';
import { takeInheritedSocket } from './inherited-socket';
import { keepHeapLean } from './lean-heap';
import { createLog, type Level, type Log } from './log';
import type { MetricsAddress } from './metrics/address';
import type { MetricsServer } from './metrics/serve-metrics';
import { startPluginServer, type PluginServer } from './server';

export { pluginInfo, printPluginInfo, printPluginSchema } from './info';
export { parseMetricsAddress } from './metrics/address';
export { startPluginServer, type PluginServer, type PluginServerOptions } from './server';

export interface RunPluginServerOptions {
  /** Full path of the socket. Default: `mesh-upstream.socket` in the prefix. */
  readonly socket?: string;
  /** Kong's prefix, as the stock server takes it. Default /usr/local/kong. */
  readonly prefix?: string;
  readonly mode?: number;
  /** After which a silent handler is answered for with 503; below Kong's read timeout. */
  readonly handlerMs?: number;
  /** How long running requests may take to end once it is told to stop. */
  readonly drainMs?: number;
  readonly logLevel?: Level;
  /** Where metrics and liveness are served; by default nowhere. */
  readonly metrics?: MetricsAddress;
  /** Names under which they may be called besides localhost and the address itself. */
  readonly metricsHosts?: readonly string[];
  /** Stops the server like SIGTERM does. */
  readonly signal?: AbortSignal;
}

/** Permission bits of the socket: its owner and group, who are trusted with configs. */
const socketMode = 0o660;

/**
 * Holds the socket, its own or the one that systemd hands over, and runs the server of this command line behind it, again and again.
 * @param args without the flag that leads here.
 * @throws MeshdError PLUGIN_SERVER_SOCKET_IN_USE, PLUGIN_SERVER_SOCKET_BLOCKED, PLUGIN_SERVER_SOCKETS_MANY.
 */
export async function supervisePluginServer(
  options: RunPluginServerOptions,
  args: readonly string[],
): Promise<void> {
  const log = createLog(options.logLevel === undefined ? {} : { level: options.logLevel });
  const told = new AbortController();
  const stopped = toldToStop(options.signal).then(() => told.abort());
  const { supervise } = await import('./supervise.js');
  const mode = options.mode ?? socketMode;
  const inherited = takeInheritedSocket(process.env, process.pid);
  await supervise({ socket: socketPath(options), mode, inherited, args, log, signal: told.signal });
  await stopped;
}

/** The socket that the options name; Kong must be given the same (`pluginserver_..._socket`). */
export function socketPath(options: Pick<RunPluginServerOptions, 'socket' | 'prefix'>): string {
  return options.socket ?? join(options.prefix ?? '/usr/local/kong', 'mesh-upstream.socket');
}

/**
 * Serves mesh-upstream until SIGTERM, SIGINT or the signal; resolves when all is closed.
 * @throws MeshdError PLUGIN_SERVER_SOCKET_IN_USE, PLUGIN_SERVER_SOCKET_BLOCKED, PLUGIN_SERVER_SOCKETS_MANY.
 */
export async function runPluginServer(options: RunPluginServerOptions = {}): Promise<void> {
  keepHeapLean();
  const log = createLog(options.logLevel === undefined ? {} : { level: options.logLevel });
  // A supervisor's reload must not end it: plugin and snapshot are what they were.
  const reload = (): void => {
    log.write('info', 'SIGHUP: nothing to re-read; the snapshot is followed by itself');
  };
  process.on('SIGHUP', reload);
  try {
    await serveUntilStopped(options, log);
  } finally {
    process.off('SIGHUP', reload);
  }
}

async function serveUntilStopped(options: RunPluginServerOptions, log: Log): Promise<void> {
  const { handlerMs, mode, signal, drainMs } = options;
  const plugin = meshUpstreamClass();
  const server = await startPluginServer({
    socket: socketPath(options),
    inherited: takeInheritedSocket(process.env, process.pid),
    plugins: [plugin],
    snapshots: snapshotsInUse,
    log,
    ...(mode === undefined ? {} : { mode }),
    ...(handlerMs === undefined ? {} : { limits: { handlerMs } }),
  });
  const metrics = await startMetrics(options, server, plugin.version, log);
  // A promise that a plugin forgot must not take the requests of all others with it.
  const forgotten = (reason: unknown): void => {
    const cause = reason instanceof Error ? reason.message : String(reason);
    log.limited('error', 'a promise was rejected and nobody handled it', { cause });
  };
  process.on('unhandledRejection', forgotten);
  try {
    await toldToStop(signal);
    await server.close(drainMs);
    await metrics?.close();
  } finally {
    process.off('unhandledRejection', forgotten);
  }
}

function snapshotsInUse(): { readonly file: string; readonly hash: string }[] {
  return [...sharedSnapshotWatches()].flatMap(([file, { current }]) =>
    current ? [{ file, hash: current.hash }] : [],
  );
}

/** Loaded only where it is asked for: a web server costs a megabyte. */
async function startMetrics(
  { metrics, metricsHosts = [] }: RunPluginServerOptions,
  server: PluginServer,
  version: string,
  log: Log,
): Promise<MetricsServer | undefined> {
  if (!metrics) return undefined;
  const [{ serveMetrics }, { serverState }] = await Promise.all([
    import('./metrics/serve-metrics.js'),
    import('./metrics/server-state.js'),
  ]);
  return serveMetrics({
    listen: metrics,
    hosts: metricsHosts,
    state: () => serverState(server, version),
    reachable: () => server.reachable(),
    log,
  });
}

function toldToStop(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      process.off('disconnect', stop);
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    // Of the parent that holds the socket: where it is gone, nobody would start the next server.
    process.once('disconnect', stop);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
  });
}
