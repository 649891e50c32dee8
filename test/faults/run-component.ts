/** All cells of one component, one after the other, in one world as long as it lasts. */
import { randomOf } from './random';
import { runTrial, type Outcome } from './run-trial';
import { faults, isTried, type Component, type Fault, type Row, type Trial } from './vocabulary';
import type { FaultWorld, WorldOptions } from './world/fault-world';
import { startFaultWorld } from './world/fault-world';

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
  /** Aborted, nothing new is begun and the worlds are taken down. */
  readonly signal: AbortSignal;
}

/** A busy machine makes anything late once: only what is late three times is too late. */
const maxTries = 3;

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
      kept = { key, world: await startFaultWorld({ ...wanted, index: nextIndex() }) };
    }
    return kept.world;
  }

  async function drop(): Promise<void> {
    const dropped = kept;
    kept = undefined;
    await dropped?.world.stop();
  }

  async function tryOnce(trial: Trial, name: string): Promise<Outcome | string> {
    try {
      const outcome = await runTrial(await world(trial), trial, randomOf(options.seed, name));
      if (outcome.broken.length > 0) await drop();
      return outcome;
    } catch (error) {
      await drop();
      return error instanceof Error ? error.message : String(error);
    }
  }

  const isOver = (): boolean => options.signal.aborted;
  const abort = (): void => void drop();
  options.signal.addEventListener('abort', abort);
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
    options.signal.removeEventListener('abort', abort);
    await drop();
  }
}

function matches(name: string, only: string | undefined): boolean {
  return only === undefined || only.split(',').some((part) => name.includes(part));
}
