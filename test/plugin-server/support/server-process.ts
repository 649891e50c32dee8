import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';

import { compiledProject } from './compiled';

export type ServerKind = 'own' | 'stock';

export interface ServerProcess {
  readonly socket: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with code and signal once the process is gone. */
  stop(signal: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>;
  /** Sends a signal without waiting for anything. */
  kill(signal: NodeJS.Signals): void;
}

/**
 * A real plugin server process on `folder/kong.socket`, with the compiled mesh-upstream.
 * @param options further ones of the own server.
 */
export async function startServerProcess(
  kind: ServerKind,
  folder: string,
  options: object = {},
): Promise<ServerProcess> {
  const { dist } = compiledProject();
  const socket = join(folder, 'kong.socket');
  const run = `require(${JSON.stringify(join(dist, 'plugin-server/main.js'))}).runPluginServer(${JSON.stringify({ socket, ...options })}).catch((error) => { process.stderr.write(error.code); process.exitCode = 1; })`;
  if (kind === 'stock') return startStockServer(join(dist, 'plugin'), folder);
  return startProcess(['-e', run], folder);
}

/** `kong-js-pluginserver` with the plugins of a folder. */
export function startStockServer(plugins: string, folder: string): Promise<ServerProcess> {
  const bin = join(__dirname, '../../../node_modules/.bin/kong-js-pluginserver');
  const argv = [bin, '-d', plugins, '-p', folder, '--sock-name', 'kong.socket'];
  return startProcess(argv, folder);
}

async function startProcess(argv: readonly string[], folder: string): Promise<ServerProcess> {
  const socket = join(folder, 'kong.socket');
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  await answering(child, socket);
  return {
    socket,
    stdout: () => Buffer.concat(stdout).toString(),
    stderr: () => Buffer.concat(stderr).toString(),
    async stop(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      }
      return { code: child.exitCode, signal: child.signalCode };
    },
    kill: (signal) => void child.kill(signal),
  };
}

/** Waits until the socket answers or the process has ended. */
async function answering(child: ChildProcess, socket: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (child.exitCode === null && Date.now() < end) {
    const connected = await new Promise<boolean>((resolve) => {
      const probe = connect(socket, () => resolve(true)).on('error', () => resolve(false));
      probe.once('connect', () => probe.destroy());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
