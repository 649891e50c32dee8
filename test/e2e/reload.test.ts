/** SIGHUP: the daemon reads its configuration again, and goes on with the old one where it cannot. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startNode, type Child } from '../../sandbox/child';
import { until } from '../support/until';
import { cli, root } from './programs';

jest.setTimeout(60_000);

let folder: string;
let daemon: Child;

const configured = (snapshot: string, more = '') => `mesh: default
sources: [{ file: { path: ${join(folder, 'mesh')} } }]
gateway: { transparentProxy: true }
plugin: { snapshot: ${join(folder, snapshot)} }
status: false
doctor: false
${more}`;
const services = async (snapshot: string): Promise<readonly string[]> => {
  const lines = await readFile(join(folder, snapshot), 'utf8');
  return [...lines.matchAll(/"name":"([a-z-]+)"/g)].map(([, name = '']) => name);
};
const said = (): readonly string[] =>
  daemon.stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reload-'));
  await cp(join(root, 'examples/file-in-ci/mesh'), join(folder, 'mesh'), { recursive: true });
  await writeFile(join(folder, 'kong-meshd.yaml'), configured('first.json'));
  daemon = startNode([cli, 'run', '--config', join(folder, 'kong-meshd.yaml')]);
  await until(async () => expect(await services('first.json')).toContain('orders'), 20_000);
});
afterEach(async () => {
  await daemon.stop();
  await rm(folder, { recursive: true });
});

it('goes on with another configuration in the same process', async () => {
  await writeFile(join(folder, 'kong-meshd.yaml'), configured('second.json'));

  daemon.kill('SIGHUP');

  await until(async () => expect(await services('second.json')).toContain('orders'), 20_000);
  expect(said()).toContain('SIGHUP: the configuration is another one; starting with it');
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toBe(0);
});

it('keeps the configuration that it has where the new one is not valid, and says so', async () => {
  await writeFile(join(folder, 'kong-meshd.yaml'), configured('second.json', 'gatewy: {}\n'));

  daemon.kill('SIGHUP');
  await until(() =>
    expect(said()).toContain('SIGHUP: the configuration is not valid; the one in use stays'),
  );
  const mesh = join(folder, 'mesh', 'meshservices.yaml');
  const text = await readFile(mesh, 'utf8');
  await writeFile(mesh, text.replaceAll('orders', 'basket'));

  await until(async () => expect(await services('first.json')).toContain('basket'), 20_000);
  expect(daemon.stderr).toContain('gatewy');
});

it('looks at everything again where nothing is different, as often as it is asked', async () => {
  for (let times = 1; times <= 3; times += 1) {
    daemon.kill('SIGHUP');
    await until(() =>
      expect(said().filter((text) => text.includes('is the same'))).toHaveLength(times),
    );
  }

  daemon.kill('SIGTERM');
  expect(await daemon.exited).toBe(0);
});
