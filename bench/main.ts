/**
 * `npm run bench -- NAME [--json]`: runs one bench. Progress goes to stderr; the last line on stdout
 * is one JSON object, `{"bench":NAME,"figures":{...}}`, or without `--json` a table. What a bench
 * makes of `--minutes`, `--rate` and `--seed` is in its own description.
 */
import { parseArgs } from 'node:util';

import type { Figures } from './figures';
import { optionFlags, readOptions, type BenchOptions } from './options';

interface Bench {
  run(options: BenchOptions): Promise<Figures>;
}

/** Loaded when it is run: a bench measures its own process too. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  plugin: () => import('./plugin.js'),
  pass: () => import('./pass.js'),
  sync: () => import('./sync.js'),
  propagate: () => import('./propagate.js'),
  page: () => import('./page.js'),
  doctor: () => import('./doctor.js'),
  k8s: () => import('./k8s.js'),
  churn: () => import('./churn.js'),
  soak: () => import('./soak.js'),
};

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, ...optionFlags },
  });
  const [name = ''] = positionals;
  const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (!load) {
    process.stderr.write(`usage: npm run bench -- ${Object.keys(benches).join('|')} [--json]\n`);
    process.exitCode = 1;
    return;
  }
  const startedAt = performance.now();
  const figures = await (await load()).run(readOptions(values));
  process.stderr.write(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  process.stdout.write(
    values.json ? `${JSON.stringify({ bench: name, figures })}\n` : formatTable(figures),
  );
}

function formatTable(figures: Figures): string {
  const width = Math.max(...Object.keys(figures).map((key) => key.length));
  return Object.entries(figures)
    .map(([key, value]) => `${key.padEnd(width)}  ${String(value)}\n`)
    .join('');
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
