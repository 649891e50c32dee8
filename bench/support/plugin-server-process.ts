/** Plugin servers as processes, with what the kernel counts for them. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

export interface MeasuredServer {
  readonly socket: string;
  /** User and system time so far, in microseconds; the kernel counts in steps of 10 ms. */
  cpuMicros(): Promise<number>;
  residentMegabytes(): Promise<number>;
  /** After a full collection. Only of an own server started with `heap`. */
  heapBytes(): Promise<number>;
  kill(): Promise<void>;
}

const dist = join(__dirname, '../..');

export async function startOwn(
  socket: string,
  options: { readonly heap?: boolean } = {},
): Promise<MeasuredServer> {
  const child = fork(join(__dirname, 'own-plugin-server.js'), [socket], {
    stdio: 'ignore',
    execArgv: options.heap === true ? ['--expose-gc'] : [],
  });
  return measured(child, socket);
}

export async function startStock(folder: string): Promise<MeasuredServer> {
  const bin = require.resolve('kong-pdk/bin/kong-js-pluginserver');
  const argv = [bin, '-d', join(dist, 'plugin'), '-p', folder, '--sock-name', 'stock.socket'];
  const child = spawn(process.execPath, argv, { stdio: 'ignore' });
  return measured(child, join(folder, 'stock.socket'));
}

async function measured(child: ChildProcess, socket: string): Promise<MeasuredServer> {
  const { pid } = child;
  if (pid === undefined) throw new Error('the plugin server did not start');
  await untilAnswering(child, socket);
  return {
    socket,
    async cpuMicros() {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold spaces; user and system time are the 12th and 13th after it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10_000;
    },
    async residentMegabytes() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
    },
    async heapBytes() {
      const answer = once(child, 'message') as Promise<[{ heapBytes: number }]>;
      child.send('heap');
      return (await answer)[0].heapBytes;
    },
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilAnswering(child: ChildProcess, socket: string): Promise<void> {
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the plugin server ended: ${child.exitCode}`);
    const answers = await new Promise<boolean>((resolve) => {
      const probe = connect(socket);
      probe.once('connect', () => {
        probe.destroy();
        resolve(true);
      });
      probe.once('error', () => {
        resolve(false);
      });
    });
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no plugin server answers on ${socket}`);
}
