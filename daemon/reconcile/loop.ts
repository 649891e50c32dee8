/** When passes happen. What a pass does is none of its business. */
import type { Clock } from './clock';
import { spread } from './spread';

export interface LoopTiming {
  /** From the start of one pass to the next when nothing calls, at most. */
  readonly intervalMs: number;
  /** How long a trigger waits for others that come with it. */
  readonly debounceMs: number;
  /** From the end of one pass to the start of the next, at least. */
  readonly minIntervalMs: number;
  /** The wait after failed passes doubles from `minIntervalMs` up to this. */
  readonly maxBackoffMs: number;
}

export interface LoopOptions {
  readonly timing: LoopTiming;
  readonly clock: Clock;
  /** One pass. True: all is well. False or a rejection: the next one backs off. */
  readonly pass: (signal: AbortSignal) => Promise<boolean>;
  /** Between 0 and 1; spreads the passes and retries of many daemons. Default Math.random. */
  readonly random?: () => number;
}

export interface Loop {
  /** Asks for a pass soon. Any number of calls before it starts are one. */
  trigger(): void;
  /** Runs passes until the signal aborts; the pass under way sees the same signal. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * ```
 *  interval ──┐
 *  trigger ───┴─ debounce since the first one ─ minInterval since the last end ─ backoff ─► pass
 * ```
 * A trigger shortens the interval but never the backoff: a source that fails and signals changes in
 * a tight loop must not become a busy loop.
 *
 * The first interval is cut short at random, and each later one a little: daemons that one rollout
 * starts together, or one outage holds up together, would otherwise ask their control plane in step
 * for as long as they live.
 */
export function createLoop(options: LoopOptions): Loop {
  const { timing, clock, pass } = options;
  const random = options.random ?? Math.random;
  let triggeredAt: number | undefined;
  let wake = (): void => undefined;

  async function waitForNext(
    { failures, nextAt }: { readonly failures: number; readonly nextAt: number },
    signal: AbortSignal,
  ) {
    const pause = failures > 0 ? backoff(failures) : timing.minIntervalMs;
    await clock.sleep(pause, signal);
    const rest = nextAt - clock.now();
    // Aborted in the middle of a pass: nothing would wake what begins to wait now.
    if (signal.aborted) return;
    if (triggeredAt === undefined && rest > 0) await sleepUntilWoken(rest, signal);
    // What came while a pass or a pause was under way has had its time already.
    if (triggeredAt === undefined) return;
    const settling = triggeredAt + timing.debounceMs - clock.now();
    if (settling > 0) await clock.sleep(settling, signal);
  }

  // By hand instead of AbortSignal.any: combined with a signal that lives as long as the process,
  // that leaks on Node 20.
  async function sleepUntilWoken(ms: number, signal: AbortSignal) {
    const waiting = new AbortController();
    wake = () => {
      waiting.abort();
    };
    signal.addEventListener('abort', wake, { once: true });
    await clock.sleep(ms, waiting.signal);
    signal.removeEventListener('abort', wake);
  }

  function backoff(failures: number): number {
    const full = Math.min(timing.maxBackoffMs, timing.minIntervalMs * 2 ** Math.min(failures, 20));
    return full * (0.5 + random() / 2);
  }

  return {
    trigger() {
      triggeredAt ??= clock.now();
      wake();
    },
    async run(signal) {
      let failures = 0;
      let intervalMs = timing.intervalMs * random();
      while (!signal.aborted) {
        triggeredAt = undefined;
        const nextAt = clock.now() + intervalMs;
        const ok = await pass(signal).catch(() => false);
        failures = ok ? 0 : failures + 1;
        await waitForNext({ failures, nextAt }, signal);
        intervalMs = spread(timing.intervalMs, random);
      }
    },
  };
}
