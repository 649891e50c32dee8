/**
 * Time of the process, sped up and moved by hand: default settings (10 s probes, 75 s of grace, holds of ten
 * minutes) can then be walked through in moments. Clocks, timers and the times of files keep their proportion.
 */
import files from 'node:fs/promises';
import timers, { type TimerOptions } from 'node:timers';
import promises from 'node:timers/promises';

export interface TimeWarp {
  /** Moves both clocks ahead, as when the machine sleeps; timers under way do not notice. */
  advance(ms: number): void;
  /** Moves the wall clock alone, back too. */
  shiftWallClock(ms: number): void;
  /** Has the clocks go as they really do while `work` is under way: for what must happen within a time. */
  atRealPace<T>(work: () => Promise<T>): Promise<T>;
  restore(): void;
}

/** From `realMs` on, until the next one. All in milliseconds. */
interface Stretch {
  readonly realMs: number;
  readonly atMs: number;
  readonly factor: number;
  readonly shiftMs: number;
}

/** Timers of less than this stay what they are: they cannot be shortened. */
const shortestMs = 1;
const fileTimes = ['atime', 'mtime', 'ctime', 'birthtime'] as const;

export function warpTime(factor: number): TimeWarp {
  const real = {
    now: performance.now.bind(performance),
    Date,
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    wait: promises.setTimeout,
    stat: files.stat,
  };
  const startMs = real.now();
  // To a part of a millisecond, as the times of files are: one made just before a jump is not of after it.
  const startDate = performance.timeOrigin + startMs;
  const stretches: Stretch[] = [{ realMs: 0, atMs: 0, factor, shiftMs: 0 }];
  const latest = (): Stretch => stretches.at(-1)!;
  const after = ({ realMs, atMs, factor: pace }: Stretch, nowMs: number): number =>
    atMs + (nowMs - realMs) * pace;
  const elapsed = (): number => after(latest(), real.now() - startMs);
  const change = (next: Partial<Stretch>): void => {
    const realMs = real.now() - startMs;
    const { factor: pace, shiftMs } = latest();
    stretches.push({ realMs, atMs: elapsed(), factor: pace, shiftMs, ...next });
  };
  const shorter = (ms = 0): number => Math.max(ms / factor, shortestMs);
  const wallNow = (): number => Math.floor(startDate + elapsed() + latest().shiftMs);

  /** What the wall clock showed when a file got its real time. */
  function fileTime(dateMs: number): number {
    const realMs = dateMs - startDate;
    // Before the walk, or set by somebody who looked at this clock.
    if (realMs < 0 || realMs > real.now() - startMs + 1_000) return dateMs;
    const stretch = stretches.findLast((one) => one.realMs <= realMs) ?? latest();
    return startDate + after(stretch, realMs) + stretch.shiftMs;
  }

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
  promises.setTimeout = <T = void>(ms?: number, value?: T, options?: TimerOptions) =>
    real.wait(shorter(ms), value, options);
  files.stat = (async (...args: Parameters<typeof real.stat>) => {
    const found = await real.stat(...args);
    for (const time of fileTimes) {
      const { [`${time}Ms` as const]: ms } = found;
      if (typeof ms === 'bigint') return found;
      const warped = fileTime(ms);
      Object.assign(found, { [`${time}Ms`]: warped, [time]: new real.Date(warped) });
    }
    return found;
  }) as typeof files.stat;

  return {
    advance(ms) {
      change({ atMs: elapsed() + ms });
    },
    shiftWallClock(ms) {
      change({ shiftMs: latest().shiftMs + ms });
    },
    async atRealPace(work) {
      change({ factor: 1 });
      try {
        return await work();
      } finally {
        change({ factor });
      }
    },
    restore() {
      performance.now = real.now;
      globalThis.Date = real.Date;
      globalThis.setTimeout = timers.setTimeout = real.setTimeout;
      globalThis.setInterval = timers.setInterval = real.setInterval;
      promises.setTimeout = real.wait;
      files.stat = real.stat;
    },
  };
}
