/** Plugin servers as processes, with what the kernel counts for them. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

export interface MeasuredServer {
  readonly socket: string;
  readonly protocol: 'ProtoBuf:1' | 'MsgPack:1';
  /** User and system time so far, in microseconds; the kernel counts in steps of 10 ms. */
  cpuMicros(): Promise<number>;
  residentMegabytes(): Promise<number>;
  /** Resident memory at its highest so far. */
  peakMegabytes(): Promise<number>;
  /** After a full collection. Only of an own server started with `heap`. */
  heapBytes(): Promise<number>;
  kill(): Promise<void>;
}

const dist = join(__dirname, '../..');

/** The own plugin server, as a script for Node. */
export const ownProgram = join(__dirname, 'own-plugin-server.js');

export async function startOwn(
  socket: string,
  options: { readonly heap?: boolean; readonly program?: string } = {},
): Promise<MeasuredServer> {
  const child = fork(options.program ? join(__dirname, options.program) : ownProgram, [socket], {
    stdio: 'ignore',
    execArgv: options.heap === true ? ['--expose-gc'] : [],
  });
  return measured(child, socket, 'ProtoBuf:1');
}

/** `kong-meshd plugin-server`, as it runs beside Kong. */
export async function startCommand(socket: string): Promise<MeasuredServer> {
  const argv = ['plugin-server', '--socket', socket, '--log-level', 'error'];
  const child = spawn(process.execPath, [join(dist, 'daemon/cli/main.js'), ...argv], {
    stdio: 'ignore',
  });
  return measured(child, socket, 'ProtoBuf:1');
}

/** @param plugins the folder that it loads. Default: that of mesh-upstream. */
export async function startStock(
  folder: string,
  plugins = join(dist, 'plugin'),
): Promise<MeasuredServer> {
  const bin = require.resolve('kong-pdk/bin/kong-js-pluginserver');
  const argv = [bin, '-d', plugins, '-p', folder, '--sock-name', 'stock.socket'];
  const child = spawn(process.execPath, argv, { stdio: 'ignore' });
  return measured(child, join(folder, 'stock.socket'), 'MsgPack:1');
}

async function measured(
  child: ChildProcess,
  socket: string,
  protocol: MeasuredServer['protocol'],
): Promise<MeasuredServer> {
  const { pid } = child;
  if (pid === undefined) throw new Error('the plugin server did not start');
  await untilAnswering(child, socket);
  return {
    socket,
    protocol,
    cpuMicros: () => cpuMicrosOf(pid),
    residentMegabytes: () => megabytesOf(pid, 'VmRSS'),
    peakMegabytes: () => megabytesOf(pid, 'VmHWM'),
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

/** From the kernel's status of a process: `VmRSS` is its resident memory now, `VmHWM` at its highest. */
export async function megabytesOf(pid: number, key: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** User and system time of a process so far, in microseconds; the kernel counts in steps of 10 ms. */
export async function cpuMicrosOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
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
