/**
 * Time of the process, sped up and moved by hand: default settings (10 s probes, 75 s of grace, holds of ten
 * minutes) can then be walked through in moments. Clocks and timers keep their proportion to each other.
 */
import timers from 'node:timers';
import promises from 'node:timers/promises';

export interface TimeWarp {
  /** Moves both clocks ahead, as when the machine sleeps; timers under way do not notice. */
  advance(ms: number): void;
  /** Moves the wall clock alone, back too. */
  shiftWallClock(ms: number): void;
  restore(): void;
}

/** Timers of less than this stay what they are: they cannot be shortened. */
const shortestMs = 1;

export function warpTime(factor: number): TimeWarp {
  const real = {
    now: performance.now.bind(performance),
    Date,
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    wait: promises.setTimeout,
  };
  const startMs = real.now();
  const startDate = real.Date.now();
  let ahead = 0;
  let shift = 0;
  const elapsed = (): number => (real.now() - startMs) * factor + ahead;
  const shorter = (ms = 0): number => Math.max(ms / factor, shortestMs);
  const wallNow = (): number => Math.floor(startDate + elapsed() + shift);

  class WarpedDate extends real.Date {
    constructor(...args: [] | [number | string | Date]) {
      super(args.length === 0 ? wallNow() : args[0]);
    }
    static override now(): number {
      return wallNow();
    }
  }
  performance.now = () => startMs + elapsed();
  globalThis.Date = WarpedDate as DateConstructor;
  const laterOf = <T extends typeof setTimeout | typeof setInterval>(later: T): T =>
    Object.assign(
      (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
        later(callback, shorter(ms), ...args),
      later,
    );
  globalThis.setTimeout = timers.setTimeout = laterOf(real.setTimeout);
  globalThis.setInterval = timers.setInterval = laterOf(real.setInterval);
  promises.setTimeout = ((ms?: number, ...rest: [unknown?, object?]) =>
    real.wait(shorter(ms), ...rest)) as typeof promises.setTimeout;

  return {
    advance(ms) {
      ahead += ms;
    },
    shiftWallClock(ms) {
      shift += ms;
    },
    restore() {
      performance.now = real.now;
      globalThis.Date = real.Date;
      globalThis.setTimeout = timers.setTimeout = real.setTimeout;
      globalThis.setInterval = timers.setInterval = real.setInterval;
      promises.setTimeout = real.wait;
    },
  };
}
