/**
 * `npm run test:faults -- [--seed N] [--only TEXT] [--jobs N] [--log] [--write]`: runs the fault matrix. Each
 * trial is a line on stdout; the last line counts, and so does the exit code.
 */
import { parseArgs } from 'node:util';

import { matrix, worldFor } from './matrix';
import { describeResult, isPassed, writePage } from './report';
import { runComponent, type Result } from './run-component';
import { components } from './vocabulary';

/** Three times what it takes: a run that has not ended by then waits for something that never comes. */
const runLimitMs = 30 * 60_000;
/** A trial that was given up may still wait so long for what it was looking for. */
const lastWaitMs = 90_000;

async function main(): Promise<void> {
  process.exitCode = 1;
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: process.env['FAULTS_SEED'] ?? '1' },
      only: { type: 'string' },
      jobs: { type: 'string', default: '3' },
      log: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error('--seed must be a whole number');
  if (values.write && values.only !== undefined)
    throw new Error('--write takes the whole matrix, without --only');
  process.stdout.write(`seed ${seed}\n`);
  const startedAt = performance.now();
  const results: Result[] = [];
  let worlds = 0;
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort(name));
  const late = `it has not ended in ${runLimitMs / 60_000} minutes`;
  setTimeout(() => stopping.abort(late), runLimitMs).unref();
  // Nobody reads what is printed any more: without this the process would end, and its children stay.
  process.stdout.on('error', () => stopping.abort('its output is closed'));
  const options = {
    seed,
    signal: stopping.signal,
    ...(values.only === undefined ? {} : { only: values.only }),
    onResult(result: Result) {
      results.push(result);
      if (result.reason === undefined) {
        process.stdout.write(`${describeResult(result)}\n`);
        if (values.log) process.stdout.write(`${result.outcome?.log ?? ''}\n`);
      }
    },
  };
  const waiting = [...components];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const component = next;
      await runComponent(
        component,
        matrix[component],
        (trial) => worldFor(component, trial),
        () => worlds++ % 200,
        options,
      );
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));

  const tried = results.filter(({ reason }) => reason === undefined);
  const failed = tried.filter((result) => !isPassed(result));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const whole = !stopping.signal.aborted;
  if (values.write && whole) await writePage(results, { seed, seconds });
  for (const { component, fault, variant } of failed) {
    const name = [component, fault, ...(variant === undefined ? [] : [variant])].join('/');
    process.stdout.write(`again: npm run test:faults -- --seed ${seed} --only '${name}'\n`);
  }
  process.stdout.write(`${seconds} s, ${results.length - tried.length} cells not applicable\n`);
  process.stdout.write(`${tried.length - failed.length} passed, ${failed.length} failed\n`);
  if (whole && failed.length === 0 && tried.length > 0) process.exitCode = 0;
  if (whole) return;
  process.stderr.write(`the run was stopped: ${String(stopping.signal.reason)}\n`);
  // All that was started has ended; only a trial that was given up may still look for something.
  process.exit();
}

main()
  .catch((error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  })
  .finally(() => {
    // Only fires where something was left open: the run says so instead of never ending.
    setTimeout(() => {
      process.stderr.write(`left open: ${process.getActiveResourcesInfo().join(', ')}\n`);
      process.exit(1);
    }, lastWaitMs).unref();
  });
