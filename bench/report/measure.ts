/** Runs benches in processes of their own, one after the other: none measures what another left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Figures } from '../figures';
import { describeMachine, loadAverage, revision } from './machine';
import type { Entry } from './results';

/** None takes nearly as long; one that hangs must not hold up the rest for ever. */
const limitMs = 60 * 60_000;

/** Never rejects: a bench that fails is an entry that says so. */
export async function measure(name: string, argv: readonly string[]): Promise<Entry> {
  const date = new Date().toISOString();
  const before = loadAverage();
  const startedAt = performance.now();
  const outcome = await runBench(name, argv).catch((error: unknown) => ({
    figures: {},
    failed: error instanceof Error ? error.message : String(error),
  }));
  return {
    command: ['npm run bench --', name, ...argv, '--json'].join(' '),
    date,
    revision: revision(),
    machine: describeMachine(),
    load: { before, after: loadAverage() },
    seconds: Math.round((performance.now() - startedAt) / 1000),
    ...outcome,
  };
}

type Outcome = Pick<Entry, 'figures' | 'failed' | 'skipped'>;

async function runBench(name: string, argv: readonly string[]): Promise<Outcome> {
  const main = join(__dirname, '..', 'main.js');
  const child = spawn(process.execPath, [main, name, ...argv, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  });
  let said = '';
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    said = (said + chunk.toString()).slice(-2_000);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) return { figures: {}, failed: reason(code, signal, said) };
  const last = printed.trim().split('\n').at(-1) ?? '';
  const { figures, skipped } = JSON.parse(last) as { figures?: Figures; skipped?: string };
  if (skipped !== undefined) return { figures: {}, skipped };
  if (!figures) throw new Error(`${name} printed no figures`);
  return { figures: { ...figures } };
}

/** The first line of the error, not its stack: that went to stderr. */
function reason(code: number | null, signal: string | null, said: string): string {
  const lines = said.split('\n').filter((line) => line !== '' && !/^\s+at /.test(line));
  const error = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return `${signal ?? `exit ${String(code)}`}: ${error.slice(0, 300)}`;
}
