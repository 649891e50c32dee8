/** Who holds the plugin server's socket while one server ends and the next one starts. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bindSocket } from '../../sandbox/bound-socket';
import { startNode, type Child } from '../../sandbox/child';
import { eventually } from '../../sandbox/eventually';
import { ownProgram } from './plugin-server-process';

export type Holder = 'systemd' | 'parent';

export interface HeldSocket {
  /** The server that runs now. */
  pid(): Promise<number>;
  /** Resolves once the server of that pid has ended and the next one was started. */
  replaced(pid: number): Promise<void>;
  end(): Promise<void>;
}

/** The socket alone is handed over, as systemd does. */
export function heldLikeSystemd(socket: string): HeldSocket {
  const bound = bindSocket(socket);
  const start = (): Child => startNode([ownProgram, socket], { socket: bound.fd });
  let server = start();
  return {
    pid: () => Promise.resolve(server.pid),
    async replaced() {
      await server.exited;
      server = start();
    },
    async end() {
      server.kill('SIGKILL');
      await server.exited;
      bound.close();
    },
  };
}

/** `plugin-server --supervise`, as in a container. */
export function heldByParent(socket: string, snapshot?: string): HeldSocket {
  const cli = join(__dirname, '../../daemon/cli/main.js');
  const from = snapshot === undefined ? [] : ['--snapshot', snapshot];
  const flags = ['--supervise', '--socket', socket, '--log-level', 'error', ...from];
  const parent = startNode([cli, 'plugin-server', ...flags]);
  const children = `/proc/${String(parent.pid)}/task/${String(parent.pid)}/children`;
  const child = async (): Promise<number | undefined> =>
    Number.parseInt(await readFile(children, 'utf8'), 10) || undefined;
  return {
    pid: () => eventually('a server runs', child),
    async replaced(pid) {
      await eventually('another server runs', async () => {
        const now = await child();
        return now === pid ? undefined : now;
      });
    },
    end: () => parent.stop(),
  };
}
