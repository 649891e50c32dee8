/** Asks a source no more often than it should be asked, and says when it is time again. */
import type { Observation, Source } from './source';

export interface PollingOptions {
  readonly intervalMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/**
 * Within the interval after a successful look, the same observation is given again; a failed look is
 * never kept. The watch calls back once an interval, and whenever the source itself does.
 */
export function polling(source: Source, options: PollingOptions): Source {
  const { intervalMs, now = () => performance.now() } = options;
  let last: { readonly observation: Observation; readonly atMs: number } | undefined;
  return {
    name: `polling(${source.name})`,
    async observe(signal) {
      signal.throwIfAborted();
      const atMs = now();
      if (last && atMs - last.atMs < intervalMs) return last.observation;
      last = undefined;
      const observation = await source.observe(signal);
      last = { observation, atMs };
      return observation;
    },
    watch(onChange) {
      const timer = setInterval(onChange, intervalMs);
      timer.unref();
      const stop = source.watch?.(() => {
        last = undefined;
        onChange();
      });
      return () => {
        clearInterval(timer);
        stop?.();
      };
    },
  };
}
