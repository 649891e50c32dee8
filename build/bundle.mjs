/**
 * The command line in few files, for a start without looking for 300 modules: `dist/bundle`, made of the
 * sources beside what tsc makes of them. Neither minified nor renamed, so that it and a stack trace read
 * as the sources do. Only packages that every command needs are taken in; the others stay where npm puts
 * them.
 *
 * Split, so that a command brings its own part along only. Measured in ms of CPU on Node 20, whose own
 * start takes 73: `validate` of a small file takes 195 like this, 210 as one file (and `--help` half as
 * much again), 275 as tsc leaves it.
 */
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const taken = new Set(['commander', 'picocolors', 'yaml', 'zod']);
const outdir = join(root, 'dist/bundle');

// Names of chunks change with what is in them.
rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { 'kong-meshd': 'daemon/cli/start.ts' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outdir,
  outExtension: { '.js': '.mjs' },
  external: Object.keys(dependencies).filter((name) => !taken.has(name)),
  // What the older form of modules has by itself.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
      'const __dirname = import.meta.dirname;',
    ].join('\n'),
  },
  logLevel: 'warning',
});
chmodSync(join(outdir, 'kong-meshd.mjs'), 0o755);
