/** One stretch of time in which this replica may write. */
import { makeLive } from './live-signal';

export interface Term {
  readonly signal: AbortSignal;
  /** After a renewal: it lasts for so long from now on. */
  extend(ms: number): void;
  end(reason: Error): void;
}

/**
 * @param remainingMs how long it still lasts, by the clocks of this moment.
 * @param expired why it ends when nobody extends it.
 */
export function startTerm(remainingMs: () => number, expired: () => Error): Term {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  function end(reason: Error): void {
    clearTimeout(timer);
    controller.abort(reason);
  }
  function look(): void {
    if (remainingMs() <= 0) end(expired());
  }
  function arm(ms: number): void {
    clearTimeout(timer);
    // The wall clock may have been set meanwhile: the signal looks for itself.
    timer = setTimeout(
      () => {
        const left = remainingMs();
        if (left > 0) arm(left);
        else end(expired());
      },
      Math.max(0, ms),
    ).unref();
  }

  const signal = makeLive(controller.signal, look);
  arm(remainingMs());
  return { signal, extend: arm, end };
}
