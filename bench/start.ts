/** What a command costs before it does anything: loading itself, beside Node's own start. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { measureCommand } from './support/measure-command';
import { median } from './support/quantile';

const runs = 9;

const kongYml = `_format_version: "3.0"
services:
  - name: orders
    tags: [mesh:orders]
    url: http://orders.mesh
    routes:
      - name: orders
        paths: [/orders]
`;

/**
 * Medians of nine runs, in milliseconds of CPU. `nodeCpuMs`: Node with an empty program, the floor of all;
 * `helpCpuMs`: `--help`; `validateSmallCpuMs`: `validate` of one service with one route.
 */
export async function run(): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-start-'));
  try {
    const file = join(folder, 'kong.yml');
    await writeFile(file, kongYml);
    const spent: Record<string, number[]> = { node: [], help: [], validate: [] };
    // In turns: what else the machine does meets all alike.
    for (let n = 0; n < runs; n += 1) {
      spent['node']?.push(await emptyProgram());
      spent['help']?.push((await measureCommand(['--help'])).cpuS);
      spent['validate']?.push((await measureCommand(['validate', file])).cpuS);
    }
    const figure = (name: string): number => Math.round(median(spent[name] ?? []) * 1000);
    return {
      nodeCpuMs: figure('node'),
      helpCpuMs: figure('help'),
      validateSmallCpuMs: figure('validate'),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function emptyProgram(): Promise<number> {
  const report = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1e6);';
  const child = spawn(process.execPath, ['-e', report], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  return Number(said);
}
