/** How long a process waited for a processor: what a busy machine adds to a time, and no program can help. */
import { readFileSync } from 'node:fs';

/** Milliseconds so far, of the main thread. 0 where the kernel does not count it. */
export function waitedForCpuMs(pid: number): number {
  try {
    // Nanoseconds on a processor, nanoseconds in a queue for one, and how often.
    const [, queued] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return Number(queued) / 1e6;
  } catch {
    return 0;
  }
}
