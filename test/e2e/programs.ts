/** The plugin server and the daemon, as processes from the build. */
import { createConnection } from 'node:net';
import { join } from 'node:path';

import { startNode, type Child } from '../../sandbox/child';
import { eventually } from '../../sandbox/eventually';
import type { Environment } from './environment';

export const root = join(__dirname, '..', '..');
export const cli = join(root, 'dist', 'daemon', 'cli', 'main.js');

/** Resolves once it takes connections. */
export async function startPluginServer(environment: Environment): Promise<Child> {
  const { pluginSocket, snapshotPath } = environment;
  const args = ['plugin-server', '--socket', pluginSocket, '--snapshot', snapshotPath];
  const child = startNode([cli, ...args]);
  await eventually('the plugin server takes connections', () => connects(pluginSocket));
  return child;
}

export function startDaemon(configFile: string): Child {
  return startNode([cli, 'run', '--config', configFile]);
}

function connects(path: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });
}
