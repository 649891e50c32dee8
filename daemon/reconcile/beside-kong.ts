/** Keeps the mesh side going while Kong takes its time: its trouble must not become that of the mesh. */
import type { Clock } from './clock';

export interface BesideOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** One look at the mesh, and what follows from it. True where there was something new. */
  readonly keep: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * Runs the work at Kong, and looks at the mesh beside it until that is done.
 * @returns what the work came to, and whether the mesh side has moved on meanwhile: then what was
 *   decided before is no longer what should be, and nothing may be removed by it.
 */
export async function besideKong<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { clock, everyMs, keep }: BesideOptions,
  signal: AbortSignal,
): Promise<{ readonly result: T; readonly moved: boolean }> {
  const beside = new AbortController();
  const end = (): void => beside.abort(new Error('Kong is done'));
  signal.addEventListener('abort', end, { once: true });
  let moved = false;
  async function keepOn(): Promise<void> {
    for (;;) {
      await clock.sleep(everyMs, beside.signal);
      if (beside.signal.aborted) return;
      // What stands in the way is found, and told, by the next pass.
      const isNew = await keep(beside.signal).catch(() => true);
      moved ||= isNew;
    }
  }
  const keeping = keepOn();
  try {
    const result = await work(signal);
    end();
    await keeping;
    return { result, moved };
  } finally {
    signal.removeEventListener('abort', end);
    end();
    await keeping;
  }
}
