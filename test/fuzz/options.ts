/** The command line of a run. */
import { parseArgs } from 'node:util';

export interface FuzzOptions {
  /** Over all targets. */
  readonly inputs: number;
  /** Ends the run early. */
  readonly seconds: number;
  readonly targets: readonly string[];
  readonly seed: string;
  readonly jobs: number;
  /** Whether failing inputs become files. */
  readonly keep: boolean;
  readonly json: boolean;
}

export const usage = `npm run test:fuzz -- [options]
  --inputs N      inputs over all targets (default 100000)
  --seconds N     stops after this time (default 900)
  --target NAME   only this one; may be repeated
  --seed TEXT     the same inputs again (default: a new one, printed)
  --jobs N        threads (default 2)
  --no-keep       do not write failing inputs into test/fuzz/corpus
  --json          the figures as one JSON line at the end`;

/** @throws Error with a sentence for the user. */
export function readOptions(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      inputs: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '900' },
      target: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      jobs: { type: 'string', default: '2' },
      keep: { type: 'boolean', default: true },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    inputs: positive('inputs', values.inputs),
    seconds: positive('seconds', values.seconds),
    jobs: positive('jobs', values.jobs),
    targets: values.target,
    seed: values.seed,
    keep: values.keep,
    json: values.json,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} must be a whole number above 0, not ${text}`);
}
