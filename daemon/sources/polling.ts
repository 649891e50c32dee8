/** Asks a source no more often than it should be asked, and says when it is time again. */
import type { Observation, Source } from './source';

export interface PollingOptions {
  readonly intervalMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  /** Between 0 and 1; keeps the polls of many daemons apart. Default Math.random. */
  readonly random?: () => number;
}

/** How much longer than the interval a wait may be by chance. */
const share = 0.1;

/**
 * Within the interval after a successful look, the same observation is given again; a failed look is
 * never kept. The watch calls back when the interval is over, and whenever the source itself does.
 *
 * Each interval is a little longer at random, and the first up to twice as long: daemons that were
 * started together do not poll together. Longer, because the interval is how often it may be at most.
 */
export function polling(source: Source, options: PollingOptions): Source {
  const { intervalMs, now = () => performance.now(), random = Math.random } = options;
  let last: { readonly observation: Observation; readonly untilMs: number } | undefined;
  let apart = 1;
  return {
    name: `polling(${source.name})`,
    async observe(signal) {
      signal.throwIfAborted();
      const atMs = now();
      if (last && atMs < last.untilMs) return last.observation;
      last = undefined;
      const observation = await source.observe(signal);
      last = { observation, untilMs: atMs + intervalMs * (1 + apart * random()) };
      apart = share;
      return observation;
    },
    watch(onChange) {
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        // Once it is over the look is still to come: what it leads to is known after it.
        const restMs = last ? last.untilMs - now() : 0;
        timer = setTimeout(
          () => {
            onChange();
            arm();
          },
          restMs > 0 ? restMs : intervalMs,
        ).unref();
      };
      arm();
      const stop = source.watch?.(() => {
        last = undefined;
        onChange();
      });
      return () => {
        clearTimeout(timer);
        stop?.();
      };
    },
  };
}
