/**
 * `npm run bench -- NAME [--json]`: runs one bench. Progress goes to stderr; the last line on stdout
 * is one JSON object, `{"bench":NAME,"figures":{...},"bounds":[...]}`, or without `--json` a table.
 * What a bench makes of `--minutes`, `--rate` and `--seed` is in its own description.
 *
 * `all` runs every bench in a process of its own (`--only a,b`: these), and prints one JSON document.
 * `--check` makes the exit code 1 where a bound does not hold. `--write` keeps the results in
 * bench/results and renders the page from them; `render` only renders.
 */
import { parseArgs } from 'node:util';

import { allBenches } from './all-benches';
import { judge, type Verdict } from './bounds';
import type { Figures } from './figures';
import { optionFlags, readOptions } from './options';
import { keepResults, writePage } from './report/files';
import { allHold, entriesOf, runAll } from './run-all';
import { BenchSkipped } from './skip';

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string' },
      ...optionFlags,
    },
  });
  const [name = ''] = positionals;
  if (name === 'render') return writePage();

  const names = name === 'all' ? (values.only?.split(',') ?? Object.keys(allBenches)) : [name];
  if (!names.every((each) => Object.hasOwn(allBenches, each))) {
    const usage = [...Object.keys(allBenches), 'all', 'render'].join('|');
    process.stderr.write(`usage: npm run bench -- ${usage} [--json] [--check] [--write]\n`);
    process.exitCode = 1;
    return;
  }
  if (name === 'all' || values.write) {
    const all = await runAll(names, argvOf(values));
    if (values.write) await keepResults(entriesOf(all));

    process.stdout.write(`${JSON.stringify(all, null, values.json ? 0 : 2)}\n`);
    if (values.check && !allHold(all)) process.exitCode = 1;
    return;
  }
  await runOne(name, { ...values, options: readOptions(values) });
}

/** What was asked for, for the process that does it. */
function argvOf(values: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(optionFlags).flatMap((flag) =>
    typeof values[flag] === 'string' ? [`--${flag}`, values[flag]] : [],
  );
}

interface OneRun {
  readonly json: boolean;
  readonly check: boolean;
  readonly options: ReturnType<typeof readOptions>;
}

async function runOne(name: string, { json, check, options }: OneRun): Promise<void> {
  const startedAt = performance.now();
  const bench = await allBenches[name]?.load();
  try {
    const figures = (await bench?.run(options)) ?? {};
    process.stderr.write(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    const verdicts = judge(name, figures);
    process.stdout.write(
      json
        ? `${JSON.stringify({ bench: name, figures, bounds: verdicts })}\n`
        : formatTable(figures, verdicts),
    );
    if (check && !verdicts.every(({ holds }) => holds)) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof BenchSkipped)) throw error;
    process.stderr.write(`${name}: skipped: ${error.message}\n`);
    if (json) process.stdout.write(`${JSON.stringify({ bench: name, skipped: error.message })}\n`);
  }
}

function formatTable(figures: Figures, verdicts: readonly Verdict[]): string {
  const width = Math.max(...Object.keys(figures).map((key) => key.length));
  const lines = Object.entries(figures).map(([key, value]) => {
    const said = verdicts
      .filter(({ figure }) => figure === key)
      .map(({ is, limit, holds }) => `  ${is} ${String(limit)}: ${holds ? 'holds' : 'BROKEN'}`);
    return `${key.padEnd(width)}  ${String(value)}${said.join('')}\n`;
  });
  return lines.join('');
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
