/** The plugin server as a whole: listens, serves, sweeps, and ends in order. */
import { createServer } from 'node:net';

import { createCommands, type CommandParts } from './commands';
import { serveConnection, type Connection } from './connection';
import { createCounters, type Counters } from './counters';
import { createEvents, type EventLimits } from './events';
import { shareWithParent } from './held-connections';
import { listenOnInherited, type InheritedSocket } from './inherited-socket';
import { createInstances, type InstanceLimits } from './instances';
import { createLog, type Log } from './log';
import type { PluginClass } from './plugin-class';
import { freeSocketPath, listenOnSocket, socketIdentity } from './socket-file';

export interface PluginServerOptions {
  readonly socket: string;
  /** Bound to the socket already: its path and mode are its owner's matter. */
  readonly inherited?: InheritedSocket | undefined;
  readonly plugins: readonly PluginClass[];
  /** Permission bits of the socket; by default its owner and group, who are trusted with configs. */
  readonly mode?: number;
  readonly log?: Log;
  readonly limits?: Partial<EventLimits & InstanceLimits>;
  readonly sweepMs?: number;
  /** The snapshots that the plugins answer by; by default none are told of. */
  readonly snapshots?: CommandParts['snapshots'];
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
    snapshots = () => [],
  } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const instances = createInstances(options.limits);
  const counters = createCounters();
  const events = createEvents(limits, log, counters);
  const classes = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  let handingOver = false;
  const handsOver = (): boolean => handingOver;
  const commands = createCommands({
    ...{ classes, instances, events, log, counters },
    handsOver,
    snapshots,
  });
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    if (inherited?.supervised === true) shareWithParent(socket);
    const connection = serveConnection(socket, { commands, log, counters });
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });

  if (inherited === undefined) {
    await freeSocketPath(path);
    await listenOnSocket(server, path, mode);
  } else {
    await listenOnInherited(server, inherited.fd, path);
  }
  const identity = await socketIdentity(path);
  server.on('error', (error) => {
    log.limited('error', 'listener failed', { cause: error.message });
  });
  const sweeper = setInterval(() => {
    const nowMs = performance.now();
    events.sweep(nowMs);
    const swept = instances.sweep(nowMs);
    if (swept > 0) log.write('info', 'instances swept', { swept, left: instances.size });
  }, sweepMs).unref();
  log.write('info', 'listening', { socket: path, plugins: [...classes.keys()], pid: process.pid });

  let closing: Promise<void> | undefined;
  async function close(drainMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const running = events.size;
    // Where the socket outlives this process, whoever connects now waits for the next one.
    handingOver = inherited !== undefined;
    await endConnections(connections, drainMs);
    log.write('info', 'stopping', { running, cutOff: events.size });
    events.abandonAll();
    clearInterval(sweeper);
    for (const connection of connections) connection.destroy();
    await Promise.all([closed, ...[...connections].map((connection) => connection.closed)]);
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

/** For a connection to fall quiet, to be ended, and for Kong to see it. */
const closeMs = 500;
/** In which a request that was cut off gets its new instance, on a connection that still lives. */
const recoverMs = 100;

/**
 * Connections that Kong does not use, one after the other: Kong repeats an event that it was just writing,
 * but not the start of an instance that this takes. So the others must live while one of them ends.
 */
async function endConnections(
  connections: ReadonlySet<Connection>,
  drainMs: number,
): Promise<void> {
  const endMs = performance.now() + drainMs;
  // The running requests end on theirs; those of a hanging one must not keep the others waiting.
  for (const connection of connections) {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) return;
    connection.endWhenIdle();
    await settledWithin(connection.closed, Math.min(closeMs, leftMs));
    if (connection.cutOff) await settledWithin(new Promise(() => undefined), recoverMs);
  }
  const all = [...connections].map(({ closed }) => closed);
  await settledWithin(Promise.all(all), endMs - performance.now());
}

async function settledWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
