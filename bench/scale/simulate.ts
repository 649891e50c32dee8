/** Many daemons at one control plane: the real loop, in virtual time, with recorded looks. */
import { createLoop, type LoopTiming } from '../../daemon/reconcile/loop';
import { createRandom } from '../support/random';
import type { Look } from './record-look';
import { VirtualClock } from './virtual-clock';

export interface Scenario {
  readonly daemons: number;
  readonly intervalMs: number;
  readonly look: Look;
  /** How long the control plane takes for one page of this list. */
  readonly pageMs: (path: string) => number;
  /** Without: every wait is as long as it may be, as if nothing were left to chance. */
  readonly spread: boolean;
  readonly seed: number;
  /** How long is measured, after half as long in which the daemons find their place. Default a minute. */
  readonly measuredMs?: number;
}

export interface PollingLoad {
  readonly meanRequestsPerSecond: number;
  /** Of the busiest tenth of a second, as a rate. */
  readonly peakRequestsPerSecond: number;
  readonly meanMiBPerSecond: number;
  /** Requests that the control plane works on at the same time, on average: cores, where they are all work. */
  readonly meanInFlight: number;
  /** From one look of a daemon to the next, on average. */
  readonly meanPeriodMs: number;
}

const bucketMs = 100;

/** All daemons start at the same instant, as after a rollout: the worst case. */
export async function simulate(scenario: Scenario): Promise<PollingLoad> {
  const { daemons, intervalMs, look, spread, seed, measuredMs = 60_000 } = scenario;
  const clock = new VirtualClock();
  // One each: a signal with a thousand listeners takes long to forget one of them.
  const endings = Array.from({ length: daemons }, () => new AbortController());
  const tally = new Tally(measuredMs / 2, measuredMs);
  const timing: LoopTiming = {
    intervalMs,
    debounceMs: 100,
    minIntervalMs: 200,
    maxBackoffMs: 2_000,
  };
  const running = endings.map((ending, index) => {
    const random = spread ? createRandom(seed * daemons + index) : () => 1;
    const pass = async (signal: AbortSignal): Promise<boolean> => {
      tally.look(clock.now());
      await Promise.all(
        look.lists.map(async ({ path, pages }) => {
          const takesMs = scenario.pageMs(path);
          for (const { bytes } of pages) {
            tally.request(clock.now(), bytes, takesMs);
            await clock.sleep(takesMs, signal);
          }
        }),
      );
      return true;
    };
    return createLoop({ timing, clock, random, pass }).run(ending.signal);
  });
  await clock.runUntil(measuredMs * 1.5);
  for (const ending of endings) ending.abort();
  await Promise.all(running);
  return tally.load(daemons);
}

/** Counts what falls into the measured time. */
class Tally {
  readonly #startMs: number;
  readonly #lengthMs: number;
  readonly #buckets: Uint32Array;
  #requests = 0;
  #bytes = 0;
  #busyMs = 0;
  #looks = 0;

  constructor(startMs: number, lengthMs: number) {
    this.#startMs = startMs;
    this.#lengthMs = lengthMs;
    this.#buckets = new Uint32Array(Math.ceil(lengthMs / bucketMs));
  }

  look(atMs: number): void {
    if (this.#isMeasured(atMs)) this.#looks += 1;
  }

  request(atMs: number, bytes: number, takesMs: number): void {
    if (!this.#isMeasured(atMs)) return;
    const bucket = Math.floor((atMs - this.#startMs) / bucketMs);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#requests += 1;
    this.#bytes += bytes;
    this.#busyMs += takesMs;
  }

  load(daemons: number): PollingLoad {
    const seconds = this.#lengthMs / 1_000;
    return {
      meanRequestsPerSecond: this.#requests / seconds,
      peakRequestsPerSecond: Math.max(...this.#buckets) * (1_000 / bucketMs),
      meanMiBPerSecond: this.#bytes / seconds / 2 ** 20,
      meanInFlight: this.#busyMs / this.#lengthMs,
      meanPeriodMs: (this.#lengthMs * daemons) / this.#looks,
    };
  }

  #isMeasured(atMs: number): boolean {
    return atMs >= this.#startMs && atMs < this.#startMs + this.#lengthMs;
  }
}
