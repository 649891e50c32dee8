/**
 * Writes docs/reference from the code: errors, configuration, command line, plugin,
 * metrics.
 * `--check` writes nothing and fails where a committed page is not what the code says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { codesPage } from './pages/codes';
import { cliPage } from './pages/cli';
import { configurationPage } from './pages/configuration';
import { doctorPage } from './pages/doctor';
import { errorsPage } from './pages/errors';
import { metricsPage } from './pages/metrics';
import { pluginPage } from './pages/plugin';

const folder = join(__dirname, '..', '..', 'docs', 'reference');
const pages: Readonly<Record<string, () => string>> = {
  'errors.md': errorsPage,
  'configuration.md': configurationPage,
  'cli.md': cliPage,
  'plugin.md': pluginPage,
  'metrics.md': metricsPage,
  'doctor.md': doctorPage,
  'codes.html': codesPage,
};

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, render] of Object.entries(pages)) {
  const file = join(folder, name);
  const text = render();
  if (read(file) === text) continue;
  if (check) stale.push(name);
  else writeFileSync(file, text);
}
if (stale.length > 0) {
  process.stderr.write(`stale in docs/reference: ${stale.join(', ')}; run npm run docs\n`);
  process.exitCode = 1;
}
