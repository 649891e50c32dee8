/** The socket's path: free for us to listen on, and open to its group only. */
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';

import { pluginServerErrors } from './errors';

/**
 * Removes the socket that a killed server left behind. One that answers stays, and so does anything
 * that is no socket.
 * @throws MeshdError PLUGIN_SERVER_SOCKET_IN_USE or PLUGIN_SERVER_SOCKET_BLOCKED.
 */
export async function freeSocketPath(socket: string): Promise<void> {
  const found = await statIfPresent(socket);
  if (!found) return;
  if (!found.isSocket()) throw blocked(socket, 'there is a file of another kind');
  if (await answers(socket))
    throw pluginServerErrors.error('PLUGIN_SERVER_SOCKET_IN_USE', { socket });
  // Another server may have replaced it in the meantime; listening then fails, which is right.
  const now = await statIfPresent(socket);
  if (now?.ino === found.ino) await unlink(socket).catch(ignoreMissing);
}

/** Listens with a mode that never was wider than asked for, not even for a moment. */
export async function listenOnSocket(server: Server, socket: string, mode: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(blocked(socket, error.code ?? error.message));
    };
    server.once('error', failed);
    // The path is bound before listen() returns, with the permissions of that moment.
    const previous = process.umask(0o777 & ~mode);
    try {
      server.listen(socket, () => {
        server.off('error', failed);
        resolve();
      });
    } finally {
      process.umask(previous);
    }
  });
}

/** Another one for another socket at the same path; undefined where there is none. */
export async function socketIdentity(socket: string): Promise<string | undefined> {
  const found = await statIfPresent(socket);
  return found?.isSocket() === true ? `${found.dev}:${found.ino}` : undefined;
}

async function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    const settle = (alive: boolean): void => {
      probe.destroy();
      resolve(alive);
    };
    // A server that is too busy to accept is alive all the same.
    probe.setTimeout(2_000, () => {
      settle(true);
    });
    probe.once('connect', () => {
      settle(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

async function statIfPresent(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  return lstat(path).catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function blocked(socket: string, cause: string): Error {
  return pluginServerErrors.error('PLUGIN_SERVER_SOCKET_BLOCKED', { socket, cause });
}
