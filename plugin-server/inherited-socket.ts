/**
 * Socket activation: a socket that outlives the server. The supervisor binds it and hands it over at
 * each start; while the server restarts, Kong's connections wait in the kernel instead of being refused.
 * The protocol is systemd's (sd_listen_fds(3)): LISTEN_PID names who it is for, and the sockets are the
 * descriptors from 3 on.
 */
import type { Server } from 'node:net';

import { pluginServerErrors } from './errors';

const firstDescriptor = 3;

/** Names the descriptor where our own parent holds the socket: it cannot know the pid beforehand. */
export const superviseVariable = 'KONG_MESHD_SUPERVISED_FD';

export interface InheritedSocket {
  /** The descriptor. */
  readonly fd: number;
  /** Given by our own parent, which holds connections as well. */
  readonly supervised: boolean;
}

/**
 * The socket that this process was given; undefined where none was. Forgets about it, so that no
 * process started from here takes it for its own.
 * @throws MeshdError PLUGIN_SERVER_SOCKETS_MANY.
 */
export function takeInheritedSocket(
  env: NodeJS.ProcessEnv,
  pid: number,
): InheritedSocket | undefined {
  const { LISTEN_PID, LISTEN_FDS, [superviseVariable]: supervised } = env;
  Reflect.deleteProperty(env, superviseVariable);
  delete env['LISTEN_PID'];
  delete env['LISTEN_FDS'];
  delete env['LISTEN_FDNAMES'];
  if (supervised !== undefined) return { fd: Number(supervised), supervised: true };
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined || LISTEN_FDS === '0') {
    return undefined;
  }
  if (LISTEN_FDS !== '1') {
    throw pluginServerErrors.error('PLUGIN_SERVER_SOCKETS_MANY', { count: LISTEN_FDS });
  }
  return { fd: firstDescriptor, supervised: false };
}

/** @throws MeshdError PLUGIN_SERVER_SOCKET_BLOCKED where the descriptor is no socket to listen on. */
export function listenOnInherited(server: Server, fd: number, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const cause = `the descriptor ${String(fd)} that was handed over: ${error.code ?? error.message}`;
      reject(pluginServerErrors.error('PLUGIN_SERVER_SOCKET_BLOCKED', { socket, cause }));
    };
    server.once('error', failed);
    server.listen({ fd }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
