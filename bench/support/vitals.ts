/** What a running process holds, asked from outside; the other side is `report-vitals.ts`. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Child } from '../../sandbox/child';
import { eventually } from '../../sandbox/eventually';

export interface Vitals {
  /** After a full collection: objects, and buffers outside of the heap. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** Files, sockets and everything else that is open. */
  readonly descriptors: number;
  /** Sockets among them. */
  readonly connections: number;
  readonly timers: number;
}

/** For node, before the program. */
export const vitalsPreload = ['--expose-gc', '--require', join(__dirname, 'report-vitals.js')];

export function vitalsEnv(file: string): Readonly<Record<string, string>> {
  return { BENCH_VITALS_FILE: file };
}

/** Collects the garbage of the process and looks. @throws where it does not answer within 30 s. */
export async function readVitals(child: Child, file: string): Promise<Vitals> {
  await rm(file, { force: true });
  child.kill('SIGUSR2');
  const text = await eventually(
    `the vitals of ${String(child.pid)}`,
    () => readFile(file, 'utf8').catch(() => undefined),
    30_000,
  );
  return JSON.parse(text) as Vitals;
}
