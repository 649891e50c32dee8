type Stop = (reason: Error) => void;

const waitingOn = new WeakMap<AbortSignal, Set<Stop>>();

/**
 * Calls `stop` with the signal's reason once it is given. One listener a signal, however many exchanges
 * wait on it: adding and removing one for each costs more than the rest of an exchange's bookkeeping,
 * and from eleven on Node warns of a leak.
 * @returns what to call when nothing waits any more.
 */
export function onAbort(signal: AbortSignal, stop: Stop): () => void {
  let waiting = waitingOn.get(signal);
  if (!waiting) {
    const stops = new Set<Stop>();
    waiting = stops;
    waitingOn.set(signal, stops);
    const stopAll = () => {
      for (const each of [...stops]) each(signal.reason as Error);
    };
    signal.addEventListener('abort', stopAll, { once: true });
  }
  waiting.add(stop);
  return () => void waiting.delete(stop);
}
