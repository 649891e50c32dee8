import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { openShop, type Shop } from './support/shop';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.stop());

const rows = (out: string): Record<string, any>[] => (JSON.parse(out) as { pings: any[] }).pings;

describe('ping', () => {
  it('tells the version of each part that is up', async () => {
    await shop.run('sync');

    const { code, out } = await shop.run('ping', '--json');

    expect(code).toBe(0);
    expect(rows(out)).toMatchObject([
      { part: 'control plane', state: 'up', version: expect.stringMatching(/^Kuma \d/) },
      { part: 'kong', state: 'up', version: expect.stringMatching(/^Kong \d/) },
      { part: 'plugin server', state: 'not configured' },
      { part: 'sidecar', at: 'kong-01', state: 'up' },
    ]);
  });

  it('says what is wrong, and how to mend it, with exit code 1', async () => {
    await shop.world.admin.stop();
    const socket = join(shop.world.folder, 'none.socket');
    await rm(socket, { force: true });

    const { code, out } = await shop.run('ping', '--set', `plugin.socket=${socket}`);

    expect(code).toBe(1);
    expect(out).toMatch(/^kong +http\S+ +down/m);
    expect(out).toMatch(/^plugin server +\S+none\.socket +down/m);
    expect(out).toMatch(/^kong http.*: .+\n {2}fix: /m);
    expect(out).toMatch(/fix: Start `kong-meshd plugin-server`/);
  });

  it('tells a Dataplane that is not there from a mesh that is not there', async () => {
    const none = await shop.run('ping', '--set', 'gateway.dataplane=ghost');
    const other = await shop.run('ping', '--mesh', 'other');

    expect([none.code, other.code]).toEqual([1, 1]);
    expect(none.out).toMatch(/sidecar ghost: The mesh default has no Dataplane ghost/);
    expect(other.out).toMatch(/control plane http\S+: .*other/);
  });
});

it('tells the version of the program and of Node', async () => {
  const text = await shop.runBare('version');
  const json = await shop.runBare('version', '--json');

  expect(text.out).toMatch(/^kong-meshd \d+\.\d+\.\d+ \(Node\.js \d/);
  expect(JSON.parse(json.out)).toMatchObject({
    version: expect.any(String),
    node: process.versions.node,
  });
});

describe('init', () => {
  const file = () => join(shop.world.folder, 'new.yaml');
  const urls = () => [
    ...['--kuma-url', shop.world.controlPlane.url, '--kong-url', shop.world.admin.url],
  ];

  it('tells what it found, and the next three commands', async () => {
    const { code, out } = await shop.runBare('init', '-y', '-o', file(), ...urls());

    expect(code).toBe(0);
    expect(out).toMatch(/^Found Kuma \d\S* at http\S+: meshes default; zones /m);
    expect(out).toMatch(/^Found Kong \d\S* without a database/m);
    expect(out).toMatch(/kong-meshd ping --config \S+ .*\n.*kong-meshd diff .*\n.*kong-meshd run /);
  });

  it('says who does not answer, and writes the file all the same', async () => {
    const nobody = ['--kuma-url', 'http://127.0.0.1:1', '--kong-url', 'http://127.0.0.1:1'];

    const { code, out } = await shop.runBare('init', '-y', '-o', file(), ...nobody);

    expect(code).toBe(0);
    expect(out).toMatch(/^The control plane: .*127\.0\.0\.1:1/m);
    expect(out).toMatch(/^Kong: .*127\.0\.0\.1:1/m);
    expect(out).toMatch(/^wrote /m);
  });

  it('prints nothing but the file to standard output', async () => {
    const { out } = await shop.runBare('init', '-y', '-o', '-', ...urls());

    expect(out).toMatch(/^# kong-meshd/);
    expect(out).not.toMatch(/Found/);
  });
});
