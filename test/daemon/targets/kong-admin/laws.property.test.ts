/** Laws of syncs, through the whole of HTTP: random configurations, and failures at any call. */
import type { KongState } from '../../../../daemon/kong/model';
import { diff } from '../../../../daemon/plan/diff';
import type { KongTarget } from '../../../../daemon/targets/target';
import type { Fault } from '../../../../sandbox/gateway/admin/faults';
import { parse } from '../../../contract/kong-target.contract';
import { startKong, type Kong } from './start-kong';
import fc from '../../../support/property';

const never = new AbortController().signal;
const selectTags = ['ours'];

/** Few names, so that two configurations collide in every way there is. */
const name = fc.constantFrom('a', 'b', 'c');
const id = fc.constantFrom(
  undefined,
  '00000000-0000-4000-8000-000000000001',
  '00000000-0000-4000-8000-000000000002',
);
const plugins = fc.uniqueArray(
  fc.oneof(
    fc.record({ name: fc.constant('cors') }),
    fc.record({
      name: fc.constant('rate-limiting'),
      config: fc.record({ minute: fc.constantFrom(1, 2), policy: fc.constant('local') }),
    }),
  ),
  { selector: (plugin) => plugin.name },
);
const unique = { selector: (entity: { name: string }) => entity.name };

const configArbitrary = fc
  .record({
    services: fc.uniqueArray(
      fc.record({ name, id, host: fc.constantFrom('x', 'y'), plugins }),
      unique,
    ),
    routes: fc.uniqueArray(
      fc.record({ name, of: fc.nat(3), strip: fc.boolean(), plugins }),
      unique,
    ),
    upstreams: fc.uniqueArray(
      fc.record({
        name,
        targets: fc.uniqueArray(
          fc.record({ port: fc.constantFrom(80, 81, 82), weight: fc.constantFrom(1, 100) }),
          { selector: ({ port }) => port },
        ),
      }),
      unique,
    ),
    consumers: fc.uniqueArray(fc.record({ name, keys: fc.nat(2) }), unique),
    plugins,
  })
  .map(({ services, routes, upstreams, consumers, plugins: global }) =>
    JSON.stringify({
      _format_version: '3.0',
      services: withoutTwice(services),
      routes: routes.map(({ of, strip, ...route }) => ({
        ...route,
        paths: [`/${route.name}`],
        strip_path: strip,
        ...(services[of] ? { service: { name: services[of].name } } : {}),
      })),
      upstreams: upstreams.map(({ name: up, targets }) => ({
        name: up,
        targets: targets.map(({ port, weight }) => ({ target: `10.0.0.1:${port}`, weight })),
      })),
      consumers: consumers.map(({ name: username, keys }) => ({
        username,
        keyauth_credentials: Array.from({ length: keys }, (_, at) => ({ key: `${username}${at}` })),
        basicauth_credentials: keys > 0 ? [{ username, password: `dummy${keys}` }] : [],
      })),
      plugins: global,
    }),
  );

const faultArbitrary: fc.Arbitrary<Omit<Fault, 'match'>> = fc.constantFrom(
  { status: 500 },
  { status: 500, applied: true },
  { status: 429, headers: { 'retry-after': '0' } },
  { reset: true },
  { reset: true, applied: true },
  { status: 400, body: { message: 'schema violation (made up)', code: 2 } },
);

/** A plugin keeps its id when it moves to the scope of another one, and comes back beside that one. */
const limit = { name: 'rate-limiting', config: { minute: 1, policy: 'local' } };
const taken = '00000000-0000-4000-8000-000000000002';
const movedBack = {
  first: JSON.stringify({
    _format_version: '3.0',
    services: [{ name: 'a', id: taken, host: 'x', plugins: [limit] }],
    plugins: [limit],
  }),
  second: JSON.stringify({
    _format_version: '3.0',
    services: [
      { name: 'a', host: 'x' },
      { name: 'c', id: taken, host: 'x', plugins: [limit] },
    ],
  }),
};

describe('laws of syncs', () => {
  let kong: Kong;

  beforeEach(async () => {
    kong = await startKong();
  });
  afterEach(() => kong.stop());

  it('what is applied is what is read, whatever was there before', async () => {
    await fc.assert(
      fc.asyncProperty(configArbitrary, configArbitrary, async (first, second) => {
        const target = kong.target({ selectTags });
        for (const config of [first, second, first]) {
          const { failures, state } = await sync(target, config);

          expect(failures).toEqual([]);
          const fresh = kong.target({ selectTags });
          const desired = await fresh.canonicalise(parse(config), never);
          expect(diff(await fresh.read(never), desired).changes).toEqual([]);
          expect(diff(state, desired).changes).toEqual([]);
        }
        kong.closeTargets();
      }),
      { numRuns: 40, examples: [[movedBack.first, movedBack.second]] },
    );
  }, 180_000);

  it('a failure at any call is made good by the next sync, and hurts nothing that is not ours', async () => {
    const theirs = await makeTheirs(kong);
    await fc.assert(
      fc.asyncProperty(
        configArbitrary,
        configArbitrary,
        fc.nat(40),
        faultArbitrary,
        fc.boolean(),
        async (first, second, at, fault, restarted) => {
          kong.server.faults.clear();
          await sync(kong.target({ selectTags }), first);
          const target = kong.target({ selectTags, retries: 0, parallelism: 3 });
          kong.server.faults.add({ match: { path: countdown(at) }, ...fault });
          await sync(target, second).catch(() => undefined);
          kong.server.faults.clear();

          const next = restarted ? kong.target({ selectTags }) : target;
          const { failures } = await sync(next, second);

          expect(failures).toEqual([]);
          const fresh = kong.target({ selectTags });
          const desired = await fresh.canonicalise(parse(second), never);
          expect(diff(await fresh.read(never), desired).changes).toEqual([]);
          expect(await readTheirs(kong)).toEqual(theirs);
          kong.closeTargets();
        },
      ),
      { numRuns: 60 },
    );
  }, 180_000);
});

async function sync(target: KongTarget, config: string) {
  const desired: KongState = await target.canonicalise(parse(config), never);
  const plan = diff(await target.read(never), desired);
  return target.apply(plan, desired, never);
}

/** Matches the request that comes after so many others. */
function countdown(before: number): RegExp {
  let left = before;
  return Object.assign(/./, { test: () => left-- === 0 });
}

/** An id may be had once in a type. */
function withoutTwice<T extends { readonly id: string | undefined }>(services: readonly T[]) {
  const seen = new Set<string>();
  return services.map((service) => {
    if (service.id === undefined || !seen.has(service.id)) {
      if (service.id !== undefined) seen.add(service.id);
      return service;
    }
    return { ...service, id: undefined };
  });
}

async function makeTheirs(kong: Kong) {
  await kong.call('PUT', '/services/theirs', { host: 'theirs', tags: ['theirs'] });
  await kong.call('PUT', '/routes/theirs', { paths: ['/t'], service: { name: 'theirs' } });
  await kong.call('PUT', '/upstreams/theirs', { tags: ['ours-not'] });
  await kong.call('POST', '/upstreams/theirs/targets', { target: '10.0.0.1:80' });
  return readTheirs(kong);
}

async function readTheirs(kong: Kong) {
  return Promise.all(
    ['/services/theirs', '/routes/theirs', '/upstreams/theirs', '/upstreams/theirs/targets'].map(
      (path) => kong.call('GET', path),
    ),
  );
}
