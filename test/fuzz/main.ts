/**
 * Fuzzing of everything that reads what others wrote. Ends with the line `N passed, N failed`: one
 * check is one target.
 */
import { readOptions, usage, type FuzzOptions } from './options';
import { TargetRun } from './run-target';
import type { Target } from './target';
import { allTargets } from './targets/all-targets';

async function main(options: FuzzOptions): Promise<number> {
  const targets = chosen(options.targets);
  const startedMs = Date.now();
  const untilMs = startedMs + options.seconds * 1000;
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  const countOf = ({ weight }: Target): number => Math.ceil((options.inputs * weight) / total);
  print(`seed ${options.seed}: ${options.inputs} inputs for ${targets.length} targets`);
  const runs = targets.map(
    (target) => new TargetRun(target, { seed: options.seed, keep: options.keep, report: print }),
  );
  const waiting = [...runs];
  const work = async (): Promise<void> => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      // Where time runs out it does so for all alike.
      const shareMs = (options.seconds * 1000 * options.jobs) / targets.length;
      await run.runKept();
      await run.runNew(countOf(run.target), Math.min(untilMs, Date.now() + shareMs));
      await run.close();
      print(lineOf(run));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  const seconds = (Date.now() - startedMs) / 1000;
  const ran = runs.reduce((sum, { result }) => sum + result.ran + result.kept, 0);
  const failed = runs.filter(({ result }) => result.found.size > 0).length;
  const short = runs.some((run) => !run.isBroken && run.result.ran < countOf(run.target));
  print(
    `${ran} inputs in ${seconds.toFixed(0)} s${short ? ': the time was over before all ran' : ''}`,
  );
  if (options.json) print(JSON.stringify(figuresOf(runs, options.seed, seconds)));
  print(`${runs.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function chosen(names: readonly string[]): readonly Target[] {
  const unknown = names.filter((name) => !allTargets.some((target) => target.name === name));
  if (unknown.length > 0) {
    const known = allTargets.map(({ name }) => name).join(', ');
    throw new Error(`there is no target ${unknown.join(', ')}; there are ${known}`);
  }
  return names.length === 0 ? allTargets : allTargets.filter(({ name }) => names.includes(name));
}

function lineOf({ target, result }: TargetRun): string {
  const { ran, kept, deep, found } = result;
  const share = ran === 0 ? 0 : Math.round((100 * deep) / ran);
  const outcome = found.size === 0 ? 'ok' : `FAILED in ${found.size} ways`;
  return `${target.name.padEnd(16)} ${ran} new, ${kept} kept, ${share}% past the parser: ${outcome}`;
}

function figuresOf(runs: readonly TargetRun[], seed: string, seconds: number): object {
  return {
    seed,
    seconds,
    targets: runs.map(({ target: { name }, result: { ran, kept, deep, found } }) => ({
      ...{ name, ran, kept, deep },
      failures: [...found.values()].map(({ signature, file, times }) => ({
        signature,
        file,
        times,
      })),
    })),
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function start(): Promise<void> {
  if (process.argv.includes('--help')) {
    print(usage);
    return;
  }
  let options: FuzzOptions;
  try {
    options = readOptions(process.argv.slice(2));
    chosen(options.targets);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    process.exitCode = 2;
    return;
  }
  process.exitCode = await main(options);
}

void start();
