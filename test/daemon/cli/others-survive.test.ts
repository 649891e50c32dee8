/** What another team has hung on an entity of ours outlives whatever our file does to that entity. */
import { join } from 'node:path';

import { openDatabaseShop, type DatabaseShop } from './support/database-shop';

const theirs = { tags: ['team-b'] };
const id1 = '11111111-1111-4111-8111-111111111111';

type Call = DatabaseShop['call'];

/** What is done, our file before and after it, what the others make between, and the list that has it then. */
const cases: readonly (readonly [
  string,
  string,
  string,
  (call: Call) => Promise<{ readonly id: string }>,
  string,
])[] = [
  [
    'upstream replaced by id, foreign target',
    'upstreams: [{ name: u }]',
    `upstreams: [{ id: ${id1}, name: u }]`,
    (call) => call('POST', '/upstreams/u/targets', { target: '10.0.0.9:80', ...theirs }),
    '/upstreams/u/targets',
  ],
  [
    'consumer replaced by id, foreign key',
    'consumers: [{ username: ann }]',
    `consumers: [{ id: ${id1}, username: ann }]`,
    (call) => call('POST', '/consumers/ann/key-auth', { key: 'k', ...theirs }),
    '/consumers/ann/key-auth',
  ],
  [
    'consumer replaced by id, foreign plugin',
    'consumers: [{ username: ann }]',
    `consumers: [{ id: ${id1}, username: ann }]`,
    (call) =>
      call('POST', '/consumers/ann/plugins', {
        name: 'rate-limiting',
        config: { minute: 5 },
        ...theirs,
      }),
    '/plugins',
  ],
  [
    'route replaced by id, foreign plugin',
    'services: [{ name: s, host: h, routes: [{ name: r, paths: [/r] }] }]',
    `services: [{ name: s, host: h, routes: [{ id: ${id1}, name: r, paths: [/r] }] }]`,
    (call) => call('POST', '/routes/r/plugins', { name: 'cors', ...theirs }),
    '/plugins',
  ],
  [
    'service replaced by id, foreign route',
    'services: [{ name: s, host: h }]',
    `services: [{ id: ${id1}, name: s, host: h }]`,
    (call) => call('POST', '/services/s/routes', { name: 'x', paths: ['/x'], ...theirs }),
    '/routes',
  ],
  [
    'service replaced by id, foreign plugin on it',
    'services: [{ name: s, host: h }]',
    `services: [{ id: ${id1}, name: s, host: h }]`,
    (call) => call('POST', '/services/s/plugins', { name: 'cors', ...theirs }),
    '/plugins',
  ],
  [
    'consumer removed, foreign plugin on consumer and foreign route',
    'consumers: [{ username: ann }]',
    '',
    async (call) => {
      const r = await call('POST', '/services', { name: 'f', host: 'f', ...theirs });
      const { id } = await call('GET', '/consumers/ann');
      return call('POST', '/plugins', {
        name: 'rate-limiting',
        config: { minute: 5 },
        consumer: { id },
        service: { id: r.id },
        ...theirs,
      });
    },
    '/plugins',
  ],
  [
    'consumer renamed without custom_id, foreign acl',
    'consumers: [{ username: ann }]',
    'consumers: [{ username: bob }]',
    (call) => call('POST', '/consumers/ann/acls', { group: 'g', ...theirs }),
    '/consumers/ann/acls',
  ],
  [
    'consumer: custom_id goes to another name while the name stays elsewhere',
    "consumers: [{ username: ann, custom_id: '7' }]",
    "consumers: [{ username: bob, custom_id: '7' }, { username: ann, custom_id: '8' }]",
    (call) => call('POST', '/consumers/ann/key-auth', { key: 'k', ...theirs }),
    '/key-auths',
  ],
  [
    'two consumers swap custom ids',
    "consumers: [{ username: ann, custom_id: '7' }, { username: bob, custom_id: '8' }]",
    "consumers: [{ username: ann, custom_id: '8' }, { username: bob, custom_id: '7' }]",
    (call) => call('POST', '/consumers/ann/key-auth', { key: 'k', ...theirs }),
    '/consumers/ann/key-auth',
  ],
  [
    'two consumers swap names',
    "consumers: [{ username: ann, custom_id: '7' }, { username: bob, custom_id: '8' }]",
    "consumers: [{ username: bob, custom_id: '7' }, { username: ann, custom_id: '8' }]",
    (call) => call('POST', '/consumers/ann/key-auth', { key: 'k', ...theirs }),
    '/key-auths',
  ],
  [
    'route moved to another service and service removed, foreign plugin on route',
    'services: [{ name: a, host: h, routes: [{ name: r, paths: [/r] }] }, { name: b, host: h2 }]',
    'services: [{ name: b, host: h2, routes: [{ name: r, paths: [/r] }] }]',
    (call) => call('POST', '/routes/r/plugins', { name: 'cors', ...theirs }),
    '/routes/r/plugins',
  ],
  [
    'route renamed with other path, foreign plugin',
    'services: [{ name: a, host: h, routes: [{ name: r, paths: [/r] }] }]',
    'services: [{ name: a, host: h, routes: [{ name: q, paths: [/q] }] }]',
    (call) => call('POST', '/routes/r/plugins', { name: 'cors', ...theirs }),
    '/routes/r/plugins',
  ],
  [
    'key set removed, foreign key',
    'key_sets: [{ name: set }]',
    '',
    (call) =>
      call('POST', '/key-sets/set/keys', {
        name: 'k',
        kid: 'a',
        jwk: '{"kty":"oct","kid":"a","k":"c2VjcmV0"}',
        ...theirs,
      }),
    '/keys',
  ],
  [
    'upstream renamed, foreign target',
    'upstreams: [{ name: u }]',
    'upstreams: [{ name: w }]',
    (call) => call('POST', '/upstreams/u/targets', { target: '10.0.0.9:80', ...theirs }),
    '/upstreams/u/targets',
  ],
  [
    'credential of another team under a consumer renamed in place',
    "consumers: [{ username: ann, custom_id: '7' }]",
    "consumers: [{ username: bob, custom_id: '7' }]",
    (call) => call('POST', '/consumers/ann/jwt', { key: 'k', ...theirs }),
    '/consumers/bob/jwt',
  ],
  [
    'plugin of ours on their route goes, theirs stays',
    'services: [{ name: s, host: h, plugins: [{ name: key-auth }] }]',
    'services: [{ name: s, host: h }]',
    (call) => call('POST', '/services/s/plugins', { name: 'cors', ...theirs }),
    '/services/s/plugins',
  ],
];

let shop: DatabaseShop;

afterEach(() => shop.stop());

const write = (text: string) => shop.edit(shop.kongFile, () => `_format_version: "3.0"\n${text}\n`);

describe.each([
  ['with select tags', { selectTags: ['ours'] }],
  ['with a record alone', {}],
])('%s', (_mode, target) => {
  it.each(cases)('%s', async (_title, before, after, makeTheirs, list) => {
    shop = await openDatabaseShop(target);
    const stateFile = JSON.stringify(join(shop.world.folder, 'state.json'));
    await shop.edit(
      shop.configFile,
      (text) => `${text.replace(/^expose:.*$/m, '')}stateFile: ${stateFile}\n`,
    );
    await write(before);
    expect(await shop.run('sync')).toMatchObject({ code: 0 });
    const made = await makeTheirs(shop.call);
    expect(made.id).toBeDefined();

    await write(after);
    const syncs = [await shop.run('sync'), await shop.run('sync')];

    const { data } = await shop.call('GET', list);
    expect(data.map(({ id }: { id: string }) => id)).toContain(made.id);
    for (const { out, err } of syncs) {
      expect(`${out}${err}`).not.toMatch(/KONG_ENTITY_REFUSED|KONG_FAILED|PASS_FAILED/);
    }
  });
});

it.each([
  ['the service goes', ''],
  ['the service stays without the route', 'services: [{ name: s, host: h }]'],
])('keeps a route that was handed over though it is on record, where %s', async (_what, after) => {
  shop = await openDatabaseShop({ selectTags: ['ours'] });
  const stateFile = JSON.stringify(join(shop.world.folder, 'state.json'));
  await shop.edit(
    shop.configFile,
    (text) => `${text.replace(/^expose:.*$/m, '')}stateFile: ${stateFile}\n`,
  );
  await write('services: [{ name: s, host: h, routes: [{ name: r, paths: [/r] }] }]');
  expect(await shop.run('sync')).toMatchObject({ code: 0 });
  const { id } = await shop.call('PATCH', '/routes/r', theirs);

  await write(after);
  await shop.run('sync');
  await shop.run('sync');

  const { data } = await shop.call('GET', '/routes');
  expect(data).toMatchObject([{ id, tags: ['team-b'] }]);
});
