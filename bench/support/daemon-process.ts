/** `kong-meshd run` in a process of its own, beside the control plane and the gateway of a pass world. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { passSettings } from './pass-settings';
import type { PassWorld } from './pass-world';
import { megabytesOf } from './plugin-server-process';

export interface DaemonProcess {
  residentMegabytes(): Promise<number>;
  peakMegabytes(): Promise<number>;
  stop(): Promise<void>;
}

const main = join(__dirname, '..', '..', 'bundle/kong-meshd.mjs');
const startMs = 300_000;

/** Resolves when the first snapshot is written. */
export async function startDaemon(
  world: PassWorld,
  folder: string,
  services: number,
): Promise<DaemonProcess> {
  const snapshot = join(folder, 'catalog.json');
  const configFile = join(folder, 'kong-meshd.yaml');
  const settings = await passSettings(world, { folder, snapshot, services });
  await writeFile(configFile, JSON.stringify({ ...settings, status: false, doctor: false }));
  const child = spawn(process.execPath, [main, 'run', '-c', configFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the daemon did not start');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const deadline = performance.now() + startMs;
  while (!(await exists(snapshot))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`no snapshot came: ${said}`);
    }
    await wait(50);
  }
  return {
    residentMegabytes: () => megabytesOf(pid, 'VmRSS'),
    peakMegabytes: () => megabytesOf(pid, 'VmHWM'),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
