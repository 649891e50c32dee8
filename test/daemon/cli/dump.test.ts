import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import { idOfName } from '../../../daemon/kong/ids';
import { openDatabaseShop, type DatabaseShop } from './support/database-shop';
import { openShop, type Shop } from './support/shop';

/** Something of most kinds, with settings at their defaults and others. */
const rich = `_format_version: '3.0'
services:
  - name: orders
    url: https://orders.internal:8443/api
    tags: [team-a]
    routes:
      - name: orders
        paths: [/orders, '~/o/\\d+$']
        headers: { x-version: ['2'] }
        plugins:
          - name: rate-limiting
            config: { minute: 5, policy: local }
    plugins:
      - name: key-auth
        enabled: false
upstreams:
  - name: blue
    healthchecks: { active: { healthy: { interval: 5 } } }
    targets:
      - { target: '10.0.0.1:80', weight: 10 }
      - { target: 10.0.0.2:8000 }
consumers:
  - username: ann
    keyauth_credentials: [{ key: ann-has-a-key }]
    basicauth_credentials: [{ username: ann, password: ann-has-a-password }]
    acls: [{ group: 'y' }]
plugins:
  - name: cors
    config: { origins: ['*'] }
`;
const noChange = /^Summary:\n {2}Created: 0\n {2}Updated: 0\n {2}Deleted: 0\n$/;

let shop: Shop;

afterEach(() => shop.stop());

async function dumpTo(...args: string[]): Promise<string> {
  const file = join(shop.world.folder, 'dump.yml');
  expect(await shop.run('dump', '-o', file, ...args)).toMatchObject({ code: 0, out: '' });
  return file;
}

describe.each([
  ['without a database', () => openShop()],
  ['with a database', () => openDatabaseShop()],
  ['with a database that is shared', () => openDatabaseShop({ selectTags: ['ours', 'x'] })],
])('dump of a Kong %s', (_name, open) => {
  beforeEach(async () => {
    shop = await open();
    await writeFile(shop.kongFile, rich);
    expect(await shop.run('sync')).toMatchObject({ code: 0, err: '' });
  });

  it('is a file that syncs back to no change', async () => {
    const file = await dumpTo();
    const { code, out, err } = await shop.run('sync', file);

    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(noChange);
  });

  it('holds what a person would write, without what Kong fills in', async () => {
    const dumped = parse(await readFile(await dumpTo(), 'utf8'));

    const orders = dumped.services.find(({ name }: { name: string }) => name === 'orders');
    expect(orders).toEqual({
      name: 'orders',
      protocol: 'https',
      host: 'orders.internal',
      port: 8443,
      path: '/api',
      tags: ['team-a'],
      routes: [
        {
          name: 'orders',
          paths: expect.arrayContaining(['/orders', '~/o/\\d+$']),
          headers: { 'x-version': ['2'] },
          plugins: [{ name: 'rate-limiting', config: { minute: 5 } }],
        },
      ],
      plugins: [{ name: 'key-auth', enabled: false }],
    });
    expect(dumped.upstreams).toEqual([
      {
        name: 'blue',
        healthchecks: { active: { healthy: { interval: 5 } } },
        targets: [{ target: '10.0.0.1:80', weight: 10 }, { target: '10.0.0.2:8000' }],
      },
    ]);
  });

  it('restores an empty gateway', async () => {
    // Of a password a database gives the hash alone, and takes none.
    await shop.edit(shop.kongFile, (text) => text.replace(/ +basicauth_credentials.*\n/, ''));
    await shop.run('sync', '--confirm-deletes');
    const file = await dumpTo();
    const before = await readFile(file, 'utf8');
    await shop.run('reset', '--all', '--yes');
    await shop.run('sync', file, '--confirm-deletes');

    expect(await readFile(await dumpTo('--yes'), 'utf8')).toBe(before);
  });
});

describe('dump', () => {
  beforeEach(async () => {
    shop = await openDatabaseShop();
    await writeFile(shop.kongFile, rich);
    await shop.run('sync');
  });

  it('moves the select tags from the entities to the head of the file', async () => {
    const { call } = shop as DatabaseShop;
    await call('POST', '/services', { name: 'a', host: 'a', tags: ['ours', 'kept'] });
    await call('PUT', `/services/${idOfName('services', 'b')}`, {
      name: 'b',
      host: 'b',
      tags: ['ours', 'x'],
    });

    const { code, out } = await shop.run('dump', '--select-tag', 'ours', '--select-tag', 'x');
    const one = await shop.run('dump', '--select-tag', 'ours');

    expect(code).toBe(0);
    expect(parse(out)).toEqual({
      _format_version: '3.0',
      _info: { select_tags: ['ours', 'x'] },
      services: [{ name: 'b', host: 'b' }],
    });
    expect(parse(one.out)).toMatchObject({
      services: [
        { name: 'a', tags: ['kept'] },
        { name: 'b', tags: ['x'] },
      ],
    });
  });

  it('writes no file that would delete on its way back what it cannot name', async () => {
    const { call } = shop as DatabaseShop;
    await call('POST', '/services/orders/routes', { name: 'r', paths: ['/r'], tags: ['ours'] });

    const { code, out, err } = await shop.run('dump', '--select-tag', 'ours');

    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/DUMP_INCOMPLETE route r\n.*service leads to service/);
  });

  it('prints no secret unless it is asked to, and writes them for their owner alone', async () => {
    const refused = await shop.run('dump');
    const shown = await shop.run('dump', '--show-secrets');
    const file = await dumpTo();

    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toMatch(/DUMP_SECRETS/);
    expect(refused.err).not.toContain('ann-has-a-key');
    expect(shown.out).toContain('ann-has-a-key');
    expect(shown.out).toBe(await readFile(file, 'utf8'));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('replaces a file only with --yes', async () => {
    const file = join(shop.world.folder, 'mine.yml');
    await writeFile(file, 'mine');

    const { code, err } = await shop.run('dump', '-o', file);

    expect(code).toBe(1);
    expect(err).toMatch(/DUMP_EXISTS/);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('needs no file of configuration, only an address', async () => {
    const { url } = (shop as DatabaseShop).admin;
    const flag = await shop.runBare('dump', '--show-secrets', '--kong-addr', url);
    shop.env = { DECK_KONG_ADDR: url };
    const variable = await shop.runBare('dump', '--show-secrets');

    expect(flag.code).toBe(0);
    expect(flag.err).toMatch(/^warning DUMP_PASSWORD_HASHED basic-auth credential ann/);
    expect(flag.out).toContain('name: orders');
    expect(variable.out).toBe(flag.out);
  });

  it('says so where no gateway is named', async () => {
    const { code, err } = await shop.runBare('dump');

    expect(code).toBe(1);
    expect(err).toMatch(/NO_GATEWAY/);
  });
});
