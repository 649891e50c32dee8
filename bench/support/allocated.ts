/** How much some work allocates, what was collected meanwhile with it. */
import { Session } from 'node:inspector/promises';

/** Smaller is more exact, and slower. */
const samplingInterval = 16 * 1024;

interface Node {
  readonly selfSize: number;
  readonly children: readonly Node[];
}

/** @returns bytes, by samples: never measure time meanwhile. */
export async function allocatedBy(work: () => Promise<unknown>): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    } as object);
    await work();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return sizeOf(profile.head);
  } finally {
    session.disconnect();
  }
}

function sizeOf({ selfSize, children }: Node): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize);
}
