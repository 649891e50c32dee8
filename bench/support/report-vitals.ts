/**
 * Loaded before a program that is measured (`node --expose-gc --require`): at SIGUSR2 it collects all
 * garbage and writes what is left to the file that BENCH_VITALS_FILE names. No channel to the process
 * stays open, so nothing is counted that the program itself does not hold.
 */
import { readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { queryObjects } from 'node:v8';

import type { Vitals } from './vitals';

/** Every timer that something still refers to, also those that keep no process alive. */
const Timeout = setTimeout(() => undefined, 0).constructor as new () => NodeJS.Timeout;

process.on('SIGUSR2', () => {
  const file = process.env['BENCH_VITALS_FILE'];
  if (file === undefined) return;
  // Twice: what finalisers let go of is found by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const descriptors = openDescriptors();
  const vitals: Vitals = {
    heapBytes: heapUsed + external,
    rssBytes: rss,
    descriptors: descriptors.length,
    connections: descriptors.filter((target) => target.startsWith('socket:')).length,
    timers: count(queryObjects(Timeout, { format: 'count' })),
  };
  writeFileSync(`${file}.new`, JSON.stringify(vitals));
  renameSync(`${file}.new`, file);
});

/** The types do not tell the formats apart. */
function count(found: number | readonly string[]): number {
  return typeof found === 'number' ? found : found.length;
}

function openDescriptors(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      // The one that read the folder is closed by now.
      return [];
    }
  });
}
