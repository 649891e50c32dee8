/** Time that passes as fast as the work in it is done, so that hours of a thousand daemons take seconds. */
import type { Clock } from '../../daemon/reconcile/clock';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  /** A binary heap: the earliest is the first. */
  readonly #sleepers: Sleeper[] = [];

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#push({ atMs: this.#nowMs + Math.max(ms, 0), wake });
    });
  }

  /** Lets time pass up to this moment; what the sleepers do then is done before time goes on. */
  async runUntil(endMs: number): Promise<void> {
    await settled();
    for (let next = this.#sleepers[0]; next && next.atMs <= endMs; next = this.#sleepers[0]) {
      this.#nowMs = next.atMs;
      while (this.#sleepers[0]?.atMs === next.atMs) this.#pop()?.wake();
      await settled();
    }
    this.#nowMs = endMs;
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let at = heap.push(sleeper) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent]?.atMs ?? 0) <= sleeper.atMs) break;
      heap[at] = heap[parent] ?? sleeper;
      at = parent;
    }
    heap[at] = sleeper;
  }

  #pop(): Sleeper | undefined {
    const heap = this.#sleepers;
    const [first] = heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if ((heap[child + 1]?.atMs ?? Infinity) < (heap[child]?.atMs ?? Infinity)) child += 1;
      const below = heap[child];
      if (!below || below.atMs >= last.atMs) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** All promises that can go on have gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
