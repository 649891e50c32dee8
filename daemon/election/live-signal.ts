/** Signals that are right when they are asked, not only when a timer has come round. */
import { shareSignal } from '../kubernetes-client/shared-signal';

const native = {
  aborted: Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted'),
  throwIfAborted: Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'throwIfAborted'),
};

/**
 * Lets a signal look before it answers. A process that was stopped and goes on runs what has arrived
 * for it before the timers that are due: an answer of Kong would bring about the next write, though
 * the time to write is long over. Whoever begins a request asks the signal first, by `aborted` or by
 * `throwIfAborted`; from here on both ask the clock.
 * @param look aborts the signal where it is time to.
 */
export function makeLive(signal: AbortSignal, look: () => void): AbortSignal {
  return Object.defineProperties(signal, {
    aborted: {
      configurable: true,
      get(this: AbortSignal): boolean {
        look();
        return native.aborted?.get?.call(this) as boolean;
      },
    },
    throwIfAborted: {
      configurable: true,
      value(this: AbortSignal): void {
        look();
        (native.throwIfAborted?.value as () => void).call(this);
      },
    },
  });
}

/**
 * Runs with a signal that ends with either of the two; what is still under way afterwards ends too.
 * @throws the reason of the one that ended, before `work` has begun or from within it.
 */
export async function underTerm<T>(
  term: AbortSignal,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const shared = shareSignal(parent);
  const stop = (): void => shared.end(term.reason as Error);
  term.addEventListener('abort', stop, { once: true });
  const signal = makeLive(shared.signal, () => {
    if (term.aborted) stop();
  });
  try {
    signal.throwIfAborted();
    return await work(signal);
  } finally {
    term.removeEventListener('abort', stop);
    shared.end(new Error('the operation is over'));
  }
}
