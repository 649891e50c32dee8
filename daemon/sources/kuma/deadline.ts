/** Every wait has an end. */
import { setMaxListeners } from 'node:events';

/**
 * Runs with a signal that ends with the parent's reason or, after `timeoutMs`, with the given error;
 * that reason is what is thrown, whatever the interrupted work made of it.
 */
export async function withDeadline<T>(
  parent: AbortSignal,
  timeoutMs: number,
  expired: () => Error,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted();
  const controller = new AbortController();
  const relay = (): void => controller.abort(parent.reason);
  // Many reads at once wait on one signal, and from eleven on Node would warn of a leak.
  setMaxListeners(0, parent);
  // By hand instead of AbortSignal.any: that one keeps children of a long-lived signal alive in Node 20.
  parent.addEventListener('abort', relay, { once: true });
  const timer = setTimeout(() => controller.abort(expired()), timeoutMs);
  try {
    return await run(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    parent.removeEventListener('abort', relay);
    // Whatever run left under way (siblings of the call that failed) ends too.
    controller.abort(new Error('the operation is over'));
  }
}
