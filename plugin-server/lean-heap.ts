import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Room for young objects, in megabytes: half of it is in use at a time. */
const youngMegabytes = 8;

/**
 * Keeps the process small: it runs beside every Kong, and what it allocates lives for one request.
 * By default V8 lets young objects take 32 MB and the old ones grow by half before it looks; with this
 * a busy server stays under 60 MB. The least room V8 has for the young would cost a tenth of the CPU in
 * collections, so it is made larger once.
 */
export function keepHeapLean(): void {
  setFlagsFromString('--optimize-for-size');
  // The largest size can no longer be set in a running process, but how it grows can.
  setFlagsFromString('--semi-space-growth-factor=2');
  const kept: unknown[] = [];
  for (let round = 0; round < 1000 && youngBytes() < youngMegabytes * 1024 * 1024; round += 1) {
    // What survives collections is what makes V8 give the young more room.
    kept.push(Array.from({ length: 1024 }, () => ({})));
  }
  setFlagsFromString('--semi-space-growth-factor=1');
}

function youngBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
  );
}
