/** The end of waiting: by the caller's signal, or by time. */
import { onAbort } from './on-abort';

/** An exchange that was not done in its time. */
export class DeadlineExceeded extends Error {
  constructor(readonly timeoutMs: number) {
    super(`not done within ${timeoutMs} ms`);
    this.name = 'DeadlineExceeded';
  }
}

/** Waits, or rejects with the signal's reason as soon as it is given. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      release();
      resolve();
    }, delayMs);
    const release = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}
