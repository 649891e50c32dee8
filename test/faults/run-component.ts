/** All cells of one component, one after the other, in one world as long as it lasts. */
import { randomOf } from './random';
import { runTrial, type Outcome } from './run-trial';
import { faults, isTried, type Component, type Fault, type Row, type Trial } from './vocabulary';
import type { FaultWorld, WorldOptions } from './world/fault-world';
import { startFaultWorld } from './world/fault-world';
import { openLifetime } from './world/lifetime';

export interface Result {
  readonly component: Component;
  readonly fault: Fault;
  readonly variant?: string;
  /** Absent where the cell is not applicable. */
  readonly outcome?: Outcome;
  readonly reason?: string;
  /** The trial itself broke down: what it was waiting for. */
  readonly error?: string;
  readonly tries: number;
}

export interface RunOptions {
  readonly seed: number;
  /** Which trials: `source/hangs`, or a part of it; several with commas. */
  readonly only?: string;
  readonly onResult: (result: Result) => void;
  /** Aborted, nothing new is begun, trials under way are given up and the worlds are taken down. */
  readonly signal: AbortSignal;
}

/** A busy machine makes anything late once: only what is late three times is too late. */
const maxTries = 3;
/** All waits of a trial together take less, unless something waits for what never comes. */
const trialLimitMs = 240_000;

export async function runComponent(
  component: Component,
  row: Row,
  worldOf: (trial: Trial) => Omit<WorldOptions, 'index'>,
  nextIndex: () => number,
  options: RunOptions,
): Promise<void> {
  let kept: { readonly key: string; readonly world: FaultWorld } | undefined;

  async function world(trial: Trial): Promise<FaultWorld> {
    const wanted = worldOf(trial);
    const key = JSON.stringify(wanted);
    if (kept?.key !== key) {
      await drop();
      const started = await startFaultWorld({ ...wanted, index: nextIndex() });
      if (isOver()) await started.stop();
      kept = { key, world: started };
    }
    return kept.world;
  }

  async function drop(): Promise<void> {
    const dropped = kept;
    kept = undefined;
    await dropped?.world.stop();
  }

  async function tryOnce(trial: Trial, name: string): Promise<Outcome | string> {
    const life = openLifetime();
    const random = randomOf(options.seed, name);
    try {
      const running = world(trial).then((its) => runTrial(its, trial, random, life));
      const outcome = await bounded(running, options.signal);
      if (outcome.broken.length > 0) await drop();
      return outcome;
    } catch (error) {
      await drop();
      return error instanceof Error ? error.message : String(error);
    } finally {
      await life.end();
    }
  }

  const isOver = (): boolean => options.signal.aborted;
  try {
    for (const fault of faults) {
      if (isOver()) return;
      const cell = row[fault];
      if (!isTried(cell)) {
        if (matches(`${component}/${fault}`, options.only)) {
          options.onResult({ component, fault, reason: cell.reason, tries: 0 });
        }
        continue;
      }
      if (cell.length === 0) throw new Error(`${component}/${fault} has no trial`);
      for (const trial of cell) {
        const { variant } = trial;
        const name = `${component}/${fault}${variant === undefined ? '' : `/${variant}`}`;
        if (isOver() || !matches(name, options.only)) continue;
        let tries = 1;
        let outcome = await tryOnce(trial, name);
        while (typeof outcome !== 'string' && outcome.onlyLate && tries < maxTries) {
          tries++;
          outcome = await tryOnce(trial, name);
        }
        if (isOver()) return;
        options.onResult({
          component,
          fault,
          ...(variant === undefined ? {} : { variant }),
          ...(typeof outcome === 'string' ? { error: outcome } : { outcome }),
          tries,
        });
      }
    }
  } finally {
    await drop();
  }
}

/** @throws Error when the run is stopped, or the time of a trial is over: what it waits for then is left alone. */
async function bounded<T>(work: Promise<T>, stopped: AbortSignal): Promise<T> {
  let giveUp = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error('the run was stopped'));
    const late = (): void =>
      reject(new Error(`the trial has not ended in ${trialLimitMs / 1000} s`));
    timer = setTimeout(late, trialLimitMs);
  });
  if (stopped.aborted) giveUp();
  stopped.addEventListener('abort', giveUp);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener('abort', giveUp);
  }
}

function matches(name: string, only: string | undefined): boolean {
  return only === undefined || only.split(',').some((part) => name.includes(part));
}
