/**
 * `npm run test:faults -- [--seed N] [--only TEXT] [--jobs N] [--log] [--write]`: runs the fault matrix. Each
 * trial is a line on stdout; the last line counts, and so does the exit code.
 */
import { parseArgs } from 'node:util';

import { matrix, worldFor } from './matrix';
import { describeResult, isPassed, writePage } from './report';
import { runComponent, type Result } from './run-component';
import { components } from './vocabulary';

async function main(): Promise<void> {
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
  process.stdout.write(`seed ${seed}\n`);
  const startedAt = performance.now();
  const results: Result[] = [];
  let worlds = 0;
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
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
  if (values.write) {
    if (values.only !== undefined)
      throw new Error('--write takes the whole matrix, without --only');
    await writePage(results, { seed, seconds });
  }
  for (const { component, fault, variant } of failed) {
    const name = [component, fault, ...(variant === undefined ? [] : [variant])].join('/');
    process.stdout.write(`again: npm run test:faults -- --seed ${seed} --only '${name}'\n`);
  }
  process.stdout.write(`${seconds} s, ${results.length - tried.length} cells not applicable\n`);
  process.stdout.write(`${tried.length - failed.length} passed, ${failed.length} failed\n`);
  const whole = !stopping.signal.aborted;
  process.exitCode = !whole || failed.length > 0 || tried.length === 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
