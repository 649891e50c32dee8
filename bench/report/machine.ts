/** Where and when something was measured: without that a figure says nothing. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

import * as z from 'zod';

export const Machine = z.strictObject({
  cpu: z.string(),
  cores: z.int(),
  /** GiB, one decimal. */
  memoryGiB: z.number(),
  os: z.string(),
  node: z.string(),
});
export type Machine = z.infer<typeof Machine>;

export function describeMachine(): Machine {
  return {
    cpu: (cpus()[0]?.model ?? 'unknown').replace(/\s+/g, ' ').trim(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30 / 0.1) / 10,
    os: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

/** Of the last minute: above the number of cores, others took part of the machine. */
export function loadAverage(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** The commit that is measured, with `+` where files differ from it; `unknown` outside a repository. */
export function revision(): string {
  try {
    const git = (...argv: string[]): string =>
      execFileSync('git', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const changed = git('status', '--porcelain', '--', '.', ':!bench/results', ':!docs');
    return git('rev-parse', '--short=12', 'HEAD') + (changed === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}
