/** What was started and must end with something else, whatever becomes of whoever started it. */
import { setTimeout as wait } from 'node:timers/promises';

export interface Lifetime {
  /**
   * Ends this when the lifetime ends: the last one first.
   * @throws Error where it has ended already; then this is ended at once.
   */
  own(stop: () => unknown): void;
  /**
   * Does something again and again until it is stopped or the lifetime ends. A time that fails is none.
   * @returns the way to stop it, which waits for the time under way.
   */
  repeat(everyMs: number, act: () => unknown): () => Promise<void>;
  /** Resolves when all of it has ended; what fails to end does not keep the rest. */
  end(): Promise<void>;
}

export function openLifetime(): Lifetime {
  const stops: (() => unknown)[] = [];
  let ending: Promise<void> | undefined;

  async function endAll(): Promise<void> {
    for (let stop = stops.pop(); stop; stop = stops.pop()) await quietly(stop);
  }

  function own(stop: () => unknown): void {
    if (ending) {
      void quietly(stop);
      throw new Error('started after the end: the trial was stopped');
    }
    stops.push(stop);
  }

  return {
    own,
    repeat(everyMs, act) {
      const stopping = new AbortController();
      const { signal } = stopping;
      const running = (async () => {
        while (!signal.aborted) {
          await quietly(act);
          await wait(everyMs, undefined, { signal }).catch(() => undefined);
        }
      })();
      const stop = (): Promise<void> => {
        stopping.abort();
        return running;
      };
      own(stop);
      return stop;
    },
    end: () => (ending ??= endAll()),
  };
}

async function quietly(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch {
    // The next time, or the next one to end, has its own chance.
  }
}
