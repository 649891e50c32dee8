/**
 * A small parent that holds the socket: the server behind it may end and start again, and Kong's
 * connections wait in the kernel meanwhile. Where systemd holds the socket, the parent still holds the
 * connections, which a server that is killed would leave to be reset.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as net from 'node:net';
import { unlink } from 'node:fs/promises';
import { getSystemErrorName } from 'node:util';

import { pluginServerErrors } from './errors';
import { holdConnectionsOf } from './held-connections';
import { superviseVariable } from './inherited-socket';
import type { Log } from './log';
import { freeSocketPath } from './socket-file';

export interface SuperviseOptions {
  readonly socket: string;
  readonly mode: number;
  /** Bound to the socket already, by whoever holds it: it stays when this ends. */
  readonly inherited?: { readonly fd: number } | undefined;
  /** The server's command line, after Node's own program. */
  readonly args: readonly string[];
  readonly log: Log;
  /** Ends both. */
  readonly signal: AbortSignal;
  /** How long the server may take to end in order. */
  readonly endMs?: number;
}

/** A server that ends sooner than this after its start is started again later and later. */
const steadyMs = 10_000;
const firstDelayMs = 50;
const longestDelayMs = 5_000;

/** What Node binds for a cluster of processes, without listening: who is handed it does that. */
type BindSocket = (path: string, port: -1, addressType: -1) => number | BoundHandle;
interface BoundHandle {
  readonly fd: number;
  close(): void;
}

/**
 * Runs servers on the socket, one after the other, until the signal. SIGHUP replaces the present one.
 * @throws MeshdError PLUGIN_SERVER_SOCKET_IN_USE or PLUGIN_SERVER_SOCKET_BLOCKED.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { socket, log, signal, inherited, endMs = 10_000 } = options;
  const handle: BoundHandle = inherited
    ? { fd: inherited.fd, close: () => undefined }
    : await bindFree(socket, options.mode);
  let server: ChildProcess | undefined;
  const replace = (): void => {
    log.write('info', 'SIGHUP: the server is replaced', { pid: server?.pid });
    askToEnd(server);
  };
  process.on('SIGHUP', replace);
  try {
    for (let delayMs = firstDelayMs; !signal.aborted;) {
      const startedMs = performance.now();
      server = startServer(options.args, handle.fd);
      const ended = endOf(server);
      const stop = (): void => endInOrder(server, endMs);
      signal.addEventListener('abort', stop, { once: true });
      const how = await ended;
      signal.removeEventListener('abort', stop);
      if (isAborted(signal)) break;
      const lived = performance.now() - startedMs;
      delayMs = lived > steadyMs || how === 'exit code 0' ? firstDelayMs : delayMs * 2;
      delayMs = Math.min(delayMs, longestDelayMs);
      log.write('warn', 'the server ended and is started again', { how, delayMs });
      await pause(delayMs, signal);
    }
  } finally {
    process.off('SIGHUP', replace);
    handle.close();
    if (!inherited) await unlink(socket).catch(() => undefined);
  }
}

async function bindFree(socket: string, mode: number): Promise<BoundHandle> {
  await freeSocketPath(socket);
  return bindSocket(socket, mode);
}

/** With the mode from the first moment on. */
function bindSocket(socket: string, mode: number): BoundHandle {
  const { _createServerHandle: bind } = net as unknown as { _createServerHandle?: BindSocket };
  const previous = process.umask(0o777 & ~mode);
  try {
    const handle = bind?.(socket, -1, -1) ?? -1;
    if (typeof handle !== 'number') return handle;
    const cause = bind ? getSystemErrorName(handle) : 'this Node.js cannot share it';
    throw pluginServerErrors.error('PLUGIN_SERVER_SOCKET_BLOCKED', { socket, cause });
  } finally {
    process.umask(previous);
  }
}

/** The channel ends with this process, and the server with the channel: none is left behind. */
function startServer(args: readonly string[], fd: number): ChildProcess {
  const server = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', fd, 'ipc'],
    env: { ...process.env, [superviseVariable]: '3' },
  });
  holdConnectionsOf(server);
  return server;
}

async function endOf(server: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(server, 'exit')) as [number | null, string | null];
    return signal === null ? `exit code ${String(code)}` : signal;
  } catch (error) {
    return (error as Error).message;
  }
}

const asked = new WeakSet<ChildProcess>();

/** Once: a second SIGTERM ends a server at once, with the requests that it is finishing. */
function askToEnd(server: ChildProcess | undefined): void {
  if (!server || asked.has(server)) return;
  asked.add(server);
  server.kill('SIGTERM');
}

function endInOrder(server: ChildProcess | undefined, endMs: number): void {
  askToEnd(server);
  setTimeout(() => server?.kill('SIGKILL'), endMs).unref();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
