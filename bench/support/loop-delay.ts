import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long this process was kept from running, and how busy the machine is. Starts at once. */
export class LoopDelay {
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });

  constructor() {
    this.#delay.enable();
  }

  longestMs(): number {
    return Math.round(this.#delay.max / 1e6);
  }

  /** Of the last minute. */
  loadAverage(): number {
    return Number((loadavg()[0] ?? NaN).toFixed(1));
  }
}
