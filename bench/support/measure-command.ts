/** A command of the daemon in a process of its own, and what it used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Used {
  /** From the start of the process to its end, as a person waits. */
  readonly wallS: number;
  readonly cpuS: number;
  readonly rssMiB: number;
}

/** What is installed; `dist/bench/support` is two folders below `dist`. */
const main = join(__dirname, '..', '..', 'bundle/kong-meshd.mjs');

/** @throws where the command does not end with 0, with what it said. */
export async function measureCommand(args: readonly string[]): Promise<Used> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-command-'));
  try {
    const usageFile = join(folder, 'usage.json');
    const preload = join(__dirname, 'report-usage.js');
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--require', preload, main, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, BENCH_USAGE_FILE: usageFile },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${said.slice(0, 1000)}`);
    const wallS = (performance.now() - startedAt) / 1000;
    return { wallS, ...JSON.parse(await readFile(usageFile, 'utf8')) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
