/** The plugin server as a whole: listens, serves, sweeps, and ends in order. */
import { createServer, type Socket } from 'node:net';

import { serveConnection } from './connection';
import { createCounters, type Counters } from './counters';
import { createEvents, type EventLimits } from './events';
import { listenOnInherited } from './inherited-socket';
import { createInstances, type InstanceLimits } from './instances';
import { createLog, type Log } from './log';
import type { PluginClass } from './plugin-class';
import { createRpc } from './rpc';
import { freeSocketPath, listenOnSocket, socketIdentity } from './socket-file';

export interface PluginServerOptions {
  readonly socket: string;
  /** A descriptor that is bound to the socket already: its path and mode are its owner's matter. */
  readonly inherited?: number | undefined;
  readonly plugins: readonly PluginClass[];
  /** Permission bits of the socket; by default its owner and group, who are trusted with configs. */
  readonly mode?: number;
  readonly log?: Log;
  readonly limits?: Partial<EventLimits & InstanceLimits>;
  readonly sweepMs?: number;
}

export interface PluginServer {
  readonly socket: string;
  /** What is held at the moment: for health, tests and measurements. */
  readonly counts: () => {
    readonly instances: number;
    readonly events: number;
    readonly connections: number;
  };
  /** What happened since the start. */
  readonly counters: Readonly<Counters>;
  /** Whether the path still leads here: a socket that was deleted or replaced reaches nobody. */
  reachable(): Promise<boolean>;
  /**
   * Takes no new connections, lets the running requests end within `drainMs`, then closes.
   * Calling it again is harmless.
   */
  close(drainMs?: number): Promise<void>;
}

const defaultLimits: EventLimits = {
  handlerMs: 10_000,
  replyWithinMs: 30_000,
  abandonedMs: 120_000,
};

/** @throws MeshdError PLUGIN_SERVER_SOCKET_IN_USE or PLUGIN_SERVER_SOCKET_BLOCKED. */
export async function startPluginServer(options: PluginServerOptions): Promise<PluginServer> {
  const {
    socket: path,
    inherited,
    plugins,
    mode = 0o660,
    sweepMs = 500,
    log = createLog(),
  } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const instances = createInstances(options.limits);
  const counters = createCounters();
  const events = createEvents(limits, log, counters);
  const classes = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const rpc = createRpc({ classes, instances, events, log, counters });
  const connections = new Set<Socket>();

  let lastSweepMs = performance.now();
  const isStale = (nowMs: number): boolean => nowMs - lastSweepMs > limits.replyWithinMs + sweepMs;
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    serveConnection(connection, { rpc, log, counters, isStale });
  });

  if (inherited === undefined) {
    await freeSocketPath(path);
    await listenOnSocket(server, path, mode);
  } else {
    await listenOnInherited(server, inherited, path);
  }
  const identity = await socketIdentity(path);
  server.on('error', (error) => {
    log.limited('error', 'listener failed', { cause: error.message });
  });
  const sweeper = setInterval(() => {
    lastSweepMs = performance.now();
    events.sweep(lastSweepMs);
    const swept = instances.sweep(lastSweepMs);
    if (swept > 0) log.write('info', 'instances swept', { swept, left: instances.size });
  }, sweepMs).unref();
  log.write('info', 'listening', { socket: path, plugins: [...classes.keys()], pid: process.pid });

  let closing: Promise<void> | undefined;
  async function close(drainMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const running = events.size;
    await untilTrue(() => events.size === 0, drainMs);
    log.write('info', 'stopping', { running, cutOff: events.size });
    events.abandonAll();
    clearInterval(sweeper);
    // Ending instead of destroying: the last replies may still be on their way out.
    for (const connection of connections) connection.end();
    await untilTrue(() => connections.size === 0, 100);
    for (const connection of connections) connection.destroy();
    await closed;
  }
  return {
    socket: path,
    counts: () => ({
      instances: instances.size,
      events: events.size,
      connections: connections.size,
    }),
    counters,
    reachable: async () => identity !== undefined && (await socketIdentity(path)) === identity,
    close: (drainMs = 5_000) => (closing ??= close(drainMs)),
  };
}

async function untilTrue(condition: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition() && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
