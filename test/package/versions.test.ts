/** One version, wherever somebody may look for it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { composeStatus } from '../../daemon/cli/compose-status';
import type { Log } from '../../daemon/cli/log';
import { Config } from '../../daemon/config/schema';
import { systemClock } from '../../daemon/reconcile/clock';
import { Version } from '../../plugin/mesh-upstream';
import { pluginInfo } from '../../plugin-server/info';

const root = join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { version } = JSON.parse(read('package.json')) as { readonly version: string };

it('is a semantic version', () => {
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

it.each([
  ['the lock file', () => JSON.parse(read('package-lock.json')).version],
  [
    'the lock file, for the package',
    () => JSON.parse(read('package-lock.json')).packages[''].version,
  ],
  ['kong-meshd --version', () => runCli('--version')],
  [
    'kong-meshd plugin-info --version, which has a start of its own',
    () => runCli('plugin-info', '--version'),
  ],
  ['the plugin', () => Version],
  ['what the plugin server tells Kong', () => (pluginInfo()['Plugins'] as any)[0].Version],
  ['the image', () => /^ARG VERSION=(.*)$/m.exec(read('deploy/Dockerfile'))?.[1]],
])('%s says the same', (_surface, find) => {
  expect(find()).toBe(version);
});

it('the status server says the same, to people and to Prometheus', async () => {
  const ending = new AbortController();
  const config = Config.parse({
    sources: [{ file: { path: 'none' } }],
    status: { listen: '127.0.0.1:0' },
  });
  const { url, serving } = await new Promise<{ url: string; serving: Promise<void> }>((resolve) => {
    const log = { info: (fields: { url: string }) => resolve({ url: fields.url, serving }) };
    const context = { source: { name: 'file', observe: () => Promise.reject(new Error()) } };
    const status = composeStatus(config, { ...context, clock: systemClock }, log as unknown as Log);
    const serving = status.serve(ending.signal);
  });

  const status = await (await fetch(`${url}/status.json`)).json();
  const metrics = await (await fetch(`${url}/metrics`)).text();
  ending.abort();
  await serving;

  expect(status).toMatchObject({ version });
  expect(metrics).toContain(`kong_meshd_build_info{version="${version}"`);
});

it('has its place in the change log', () => {
  const [newest] = /^## .*$/m.exec(read('CHANGELOG.md')) ?? [];

  expect(['## Unreleased', `## ${version}`]).toContain(newest?.split(' - ')[0]);
});

function runCli(...args: readonly string[]): string {
  const main = join(root, 'dist', 'daemon', 'cli', 'main.js');
  return execFileSync(process.execPath, [main, ...args], { encoding: 'utf8' }).trim();
}
