/** A route is never served without the plugins that the files want on it, wherever a pass is cut off. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startGateway } from '../../../../sandbox/gateway/gateway';
import { guardsOn } from '../../../contract/keep-guards.contract';
import { bring, parse } from '../../../contract/kong-target.contract';
import { failAfter, startKong, type Kong } from './start-kong';

const never = new AbortController().signal;
const header = '_format_version: "3.0"\n';

function service(name: string, onService: string, routes: string): string {
  return `  - { name: ${name}, host: ${name}.mesh, plugins: [${onService}], routes: [${routes}] }\n`;
}

function route(name: string, plugins = ''): string {
  return `{ name: ${name}, paths: [/${name}], plugins: [${plugins}] }`;
}

const live = `${header}services:\n${service('shop', '', route('open'))}`;
const two = '{ name: key-auth }, { name: cors }';
const key = '{ name: key-auth }';

const uuid = (digit: number): string => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;
const given = (digit: number): string => `{ id: ${uuid(digit)}, name: key-auth }`;

/** From the file before to the file after; `list` wants key-auth wherever it is served. */
const cases: readonly (readonly [string, string, string])[] = [
  ['new on a live service', live, withRoute(route('list', two))],
  ['new with its service', live, live + service('new', '', route('list', two))],
  ['new on a new service with the plugin', live, live + service('new', key, route('list'))],
  [
    'new with a plugin everywhere',
    live,
    `${live + service('new', '', route('list'))}plugins: [${key}]\n`,
  ],
  ['gone with its plugin', withRoute(route('list', key)), live],
  ['gone with its service', live + service('new', key, route('list', '{ name: cors }')), live],
  [
    'under another name',
    withRoute(route('list', key)),
    withRoute(route('list', key).replace('name: list', 'name: show')),
  ],
  [
    'under an id of its own',
    withRoute(route('list', key)),
    withRoute(
      route('list', key).replace(
        '{ name: list',
        '{ id: 11111111-1111-4111-8111-111111111111, name: list',
      ),
    ),
  ],
  [
    'with a plugin under another id',
    withRoute(route('list', `{ id: 11111111-1111-4111-8111-111111111111, name: key-auth }`)),
    withRoute(route('list', `{ id: 22222222-2222-4222-8222-222222222222, name: key-auth }`)),
  ],
  [
    'with a plugin on its service under another id',
    live +
      service('new', `{ id: 11111111-1111-4111-8111-111111111111, name: key-auth }`, route('list')),
    live +
      service('new', `{ id: 22222222-2222-4222-8222-222222222222, name: key-auth }`, route('list')),
  ],
  [
    'with a plugin under the id of one that goes',
    withRoute(
      `${route('list', key)}, ${route('rest', '{ id: 11111111-1111-4111-8111-111111111111, name: key-auth }')}`,
    ),
    withRoute(
      `${route('list', '{ id: 11111111-1111-4111-8111-111111111111, name: key-auth }')}, ${route('rest')}`,
    ),
  ],
  [
    'swapping its path with one without a plugin',
    withRoute(`${route('a', key).replace('/a', '/list')}, ${route('b').replace('/b', '/other')}`),
    withRoute(`${route('a').replace('/a', '/other')}, ${route('b', key).replace('/b', '/list')}`),
  ],
  [
    'swapping its path with one without a plugin, under an id of the user',
    withRoute(
      `${route('a', given(1)).replace('/a', '/list')}, ${route('b').replace('/b', '/other')}`,
    ),
    withRoute(
      `${route('a').replace('/a', '/other')}, ${route('b', given(1)).replace('/b', '/list')}`,
    ),
  ],
  [
    'with its plugin from the service, under an id of the user',
    live + service('new', given(1), route('list')),
    live + service('new', '', route('list', given(1))),
  ],
  [
    'going to another service with the plugin, under an id of the user',
    live + service('new', given(1), route('list')) + service('next', '', route('rest')),
    live + service('new', '', route('rest')) + service('next', given(1), route('list')),
  ],
  [
    'with the plugins of two services changing ids',
    live + service('new', given(1), route('list')) + service('next', given(2), route('rest')),
    live + service('new', given(2), route('list')) + service('next', given(1), route('rest')),
  ],
  [
    'swapping ids and names with one without a plugin',
    withRoute(
      `${route('a', key).replace('/a', '/list').replace('{ ', '{ id: 11111111-1111-4111-8111-111111111111, ')}, ${route('b').replace('/b', '/other').replace('{ ', '{ id: 22222222-2222-4222-8222-222222222222, ')}`,
    ),
    withRoute(
      `${route('b', key).replace('/b', '/list').replace('{ ', '{ id: 11111111-1111-4111-8111-111111111111, ')}, ${route('a').replace('/a', '/other').replace('{ ', '{ id: 22222222-2222-4222-8222-222222222222, ')}`,
    ),
  ],
  [
    'on a service that is switched on',
    live + service('new', '', route('list')).replace('host:', 'enabled: false, host:'),
    live + service('new', '', route('list', key)),
  ],
  [
    'without a service before',
    `${live}routes:\n  - ${route('list')}\n`,
    withRoute(route('list', key)),
  ],
];

function withRoute(more: string): string {
  return `${header}services:\n${service('shop', '', `${route('open')}, ${more}`)}`;
}

async function startUpstream(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer((_, response) => response.end('past the guard'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('Admin API target, a route with plugins', () => {
  let kong: Kong;

  beforeEach(async () => {
    kong = await startKong();
  });
  afterEach(() => kong.stop());

  /** Whether Kong serves the path, and under which plugins. */
  async function servedUnder(path: string): Promise<readonly string[] | undefined> {
    const state = await kong.target().read(never);
    const off = new Set(
      state.entities.flatMap(({ type, id, fields }) =>
        type === 'services' && fields['enabled'] === false ? [id] : [],
      ),
    );
    const entities = state.entities.filter(
      ({ type, references }) =>
        type !== 'routes' || (references['service'] && !off.has(references['service'].id)),
    );
    const served = { ...state, entities };
    const takes = entities.some(
      ({ type, fields }) => type === 'routes' && (fields['paths'] as string[]).includes(path),
    );
    return takes ? [...guardsOn(path, served)] : undefined;
  }

  it.each(cases)('is not served without them, whichever write is the last: %s', async (...each) => {
    const [, before, after] = each;
    let failed = true;
    for (let last = 0; failed; last++) {
      await bring(kong.target(), before);
      const fail = failAfter(kong, last);
      await bring(kong.target({ parallelism: 1 }), after).catch(() => undefined);
      failed = fail();

      expect((await servedUnder('/list'))?.includes('key-auth') ?? true).toBe(true);

      expect((await bring(kong.target(), after)).failures).toEqual([]);
      expect((await bring(kong.target(), after)).applied.changes).toEqual([]);
      if (after.includes('/list')) expect(await servedUnder('/list')).toContain('key-auth');
      await bring(kong.target(), header);
    }
  });

  it('falls to no route that is open while a route swaps its name with the one behind', async () => {
    const file = (list: string, all: string) => `${header}services:
  - name: shop
    host: shop.mesh
    routes: [{ name: ${list}, paths: [/list], plugins: [${key}] }, { name: ${all}, paths: [/] }]
`;
    const before = file('list', 'all');
    const after = file('all', 'list');
    let failed = true;
    for (let last = 0; failed; last++) {
      await bring(kong.target(), before);
      const fail = failAfter(kong, last);
      await bring(kong.target({ parallelism: 1 }), after).catch(() => undefined);
      failed = fail();

      const state = await kong.target().read(never);
      if (state.entities.some(({ type }) => type === 'routes')) {
        expect(guardsOn('/list', state)).toContain('key-auth');
      }
      expect((await bring(kong.target(), after)).failures).toEqual([]);
      await bring(kong.target(), header);
    }
  });

  it('keeps the id of a plugin that the files give another one, says so, and changes nothing again', async () => {
    const file = (id: string) => withRoute(route('list', `{ id: ${id}, name: key-auth }`));
    const [first, second] = [1, 2].map(
      (digit) => String(digit).repeat(8) + '-1111-4111-8111-111111111111',
    );
    await bring(kong.target(), file(first!));

    const target = kong.target();
    const desired = await target.canonicalise(parse(file(second!)), never);
    const report = await bring(target, file(second!));

    expect(target.unsupported?.(desired)).toMatchObject([
      {
        code: 'KONG_ID_KEPT',
        severity: 'warning',
        message: expect.stringContaining(first!),
        entity: 'plugin key-auth on route list',
        place: expect.objectContaining({ line: expect.any(Number) }),
      },
    ]);
    expect(report.applied.changes).toEqual([]);
    expect((await kong.call('GET', '/routes/list/plugins')).data).toMatchObject([{ id: first }]);
  });

  it('answers no request without them while it is made', async () => {
    const gateway = await startGateway({ feed: kong.server.feed });
    await bring(kong.target(), live);
    const statuses = new Set<number>();
    let asking = true;
    const ask = async () => {
      while (asking) statuses.add((await fetch(`${gateway.proxyUrl}/list`)).status);
    };
    const asked = Promise.all([ask(), ask(), ask()]);
    const upstream = await startUpstream();
    const at = `host: 127.0.0.1, port: ${upstream.port}`;

    for (let round = 0; round < 5; round++) {
      await bring(kong.target(), withRoute(route('list', two)).replace('host: shop.mesh', at));
      await bring(kong.target(), live.replace('host: shop.mesh', at));
    }

    asking = false;
    await asked;
    await gateway.stop();
    await upstream.stop();
    expect([...statuses].filter((status) => ![401, 404, 503].includes(status))).toEqual([]);
    expect(statuses).toContain(404);
  });
});
