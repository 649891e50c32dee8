/** A route is never served without the plugins that the files want on it, wherever a pass is cut off. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startGateway } from '../../../../sandbox/gateway/gateway';
import { guardsOn } from '../../../contract/keep-guards.contract';
import { bring } from '../../../contract/kong-target.contract';
import { startKong, type Kong } from './start-kong';

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
      const fail = failAfter(last);
      await bring(kong.target({ parallelism: 1 }), after).catch(() => undefined);
      failed = fail();

      expect((await servedUnder('/list'))?.includes('key-auth') ?? true).toBe(true);

      expect((await bring(kong.target(), after)).failures).toEqual([]);
      expect((await bring(kong.target(), after)).applied.changes).toEqual([]);
      if (after.includes('/list')) expect(await servedUnder('/list')).toContain('key-auth');
      await bring(kong.target(), header);
    }
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

  /** Kong takes so many writes and fails then. Returns the end of it, which says whether one failed. */
  function failAfter(last: number): () => boolean {
    let writes = 0;
    const path = new RegExp('');
    path.test = (text) => !text.startsWith('/schemas') && ++writes > last;
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
      kong.server.faults.add({ match: { method, path }, status: 500, times: Infinity });
    }
    return () => {
      kong.server.faults.clear();
      return writes > last;
    };
  }
});
