/** Every folder under examples/ is run as its README says: offline, then against the sandbox. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pluginInfo } from '../../plugin-server/info';
import { startNode } from '../../sandbox/child';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { register } from '../../sandbox/services/register';
import { startService, type Service } from '../../sandbox/services/service';
import { startWorld, type World } from '../../sandbox/world';

const root = join(__dirname, '..', '..');
const cli = join(root, 'dist', 'daemon', 'cli', 'main.js');
const folders = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-meshd-example-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function run(...args: readonly string[]) {
  const child = startNode([cli, ...args], { cwd: folder });
  const code = await child.exited;
  return { code, output: child.stdout + child.stderr };
}

function copyExample(name: string): void {
  cpSync(join(root, 'examples', name), folder, { recursive: true });
}

it('has a folder for each form of deployment', () => {
  expect(folders).toEqual(['compose', 'dbless', 'file-in-ci', 'universal']);
});

it.each(folders)('%s is valid, without the network', async (name) => {
  copyExample(name);

  const { code, output } = await run('validate');

  // Between the containers of one machine the token goes by plain http.
  expect(output).toContain(name === 'compose' ? 'CONFIG_SECRET_IN_CLEAR' : 'no findings');
  expect(output.match(/[A-Z]+(?:_[A-Z]+)+/g) ?? []).toHaveLength(name === 'compose' ? 1 : 0);
  expect(code).toBe(0);
});

describe('file-in-ci', () => {
  it('is up to date: sync writes what is committed', async () => {
    copyExample('file-in-ci');
    const committed = readFileSync(join(folder, 'kong.mesh.yml'), 'utf8');
    rmSync(join(folder, 'kong.mesh.yml'));

    const before = await run('diff', '--non-zero-exit-code');
    const sync = await run('sync');
    const after = await run('diff', '--non-zero-exit-code');

    expect([before.code, sync.code, after.code]).toEqual([2, 0, 0]);
    expect(readFileSync(join(folder, 'kong.mesh.yml'), 'utf8')).toBe(committed);
  });
});

describe('with a control plane and a Kong', () => {
  let world: World;
  let services: readonly Service[];

  beforeAll(async () => {
    world = await startWorld({
      pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
      controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0 },
    });
    const names = ['orders', 'payments', 'public-news'];
    services = await Promise.all(names.map((name) => startService({ name })));
    for (const service of services) register(world.controlPlane, service, { mode: 'api' });
  });

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await world.stop();
  });

  const sync = (...more: readonly string[]) =>
    run(
      'sync',
      ...more,
      ...['--kuma-url', world.controlPlane.url],
      ...['--kong-url', world.admin.url],
      ...['--snapshot', join(folder, 'catalog.json')],
      ...['--set', `stateFile=${join(folder, 'last-good.json')}`],
    );

  async function hostsAtKong(): Promise<Readonly<Record<string, string>>> {
    const reply = await fetch(`${world.admin.url}/services`);
    const { data } = (await reply.json()) as { data: { name: string; host: string }[] };
    return Object.fromEntries(data.map(({ name, host }) => [name, host]));
  }

  it('universal gives the gateway its outbounds and Kong the addresses', async () => {
    copyExample('universal');

    const { code, output } = await sync();

    expect(output).toContain('kong-01');
    expect(code).toBe(0);
    expect(await hostsAtKong()).toEqual({ orders: 'orders.mesh.invalid', payments: '127.0.0.1' });
  });

  it('dbless leaves the Dataplane alone and exposes by rule', async () => {
    const dataplane = `${world.controlPlane.url}/meshes/default/dataplanes/kong-01`;
    const before = await (await fetch(dataplane)).json();
    copyExample('dbless');

    // What Kong has is of the other example.
    const { code } = await sync('--confirm-deletes');
    const snapshot = JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8'));

    expect(code).toBe(0);
    expect(await hostsAtKong()).toEqual({
      orders: 'orders.mesh.invalid',
      'public-news': 'public-news.mesh.invalid',
    });
    expect(snapshot.services.length).toBeGreaterThanOrEqual(3);
    expect(await (await fetch(dataplane)).json()).toEqual(before);
  });
});
