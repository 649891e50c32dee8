/** One signal for many requests at once. */
import { setMaxListeners } from 'node:events';

export interface SharedSignal {
  readonly signal: AbortSignal;
  /** Ends what still runs under it, with this reason. */
  end(reason: Error): void;
}

/**
 * Follows its parent with a single listener: each request listens for itself, and dozens of them on a
 * signal that lives as long as the process would look like a leak.
 */
export function shareSignal(parent?: AbortSignal): SharedSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const relay = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) relay();
  parent?.addEventListener('abort', relay, { once: true });
  return {
    signal: controller.signal,
    end(reason) {
      parent?.removeEventListener('abort', relay);
      controller.abort(reason);
    },
  };
}
