/** Kong takes a plugin by its schema, and then does not write it: what depends on it must wait. */
import { sortEntities, type Entity } from '../../../../daemon/kong/model';
import { diff } from '../../../../daemon/plan/diff';
import { guardsOn } from '../../../contract/keep-guards.contract';
import { bring } from '../../../contract/kong-target.contract';
import { startKong, type Kong } from './start-kong';

const never = new AbortController().signal;
const header = '_format_version: "3.0"\n';
const keyAuth = '{ name: key-auth }';

function shop(onService: string, onRoute: string, more = ''): string {
  return `${header}
services:
  - name: orders
    host: orders.mesh
    plugins: [${onService}]
    routes: [{ name: list, paths: [/list], plugins: [${onRoute}] }${more}]
`;
}

/** The same, with another id for the route. */
function withRouteId(entities: readonly Entity[], id: string): readonly Entity[] {
  return entities.map((entity) => {
    if (entity.type === 'routes') return { ...entity, id };
    const { route } = entity.references;
    return route
      ? { ...entity, references: { ...entity.references, route: { ...route, id } } }
      : entity;
  });
}

describe('Admin API target, where a write fails in the middle', () => {
  let kong: Kong;

  beforeEach(async () => {
    kong = await startKong();
  });
  afterEach(() => kong.stop());

  const guards = async (path: string) => [...guardsOn(path, await kong.target().read(never))];
  const failPlugins = (times: number, method = 'PUT') =>
    kong.server.faults.add({ match: { method, path: '/plugins' }, status: 500, times });

  it.each([1, 5, 50])(
    'keeps the old key-auth after %d answers of 500 to the new one',
    async (times) => {
      // Both types change, so that it is no update of one entity.
      await bring(kong.target(), shop('{ name: basic-auth }', ''));
      failPlugins(times);

      await bring(kong.target(), shop('', keyAuth)).catch(() => undefined);

      expect((await guards('/list')).length).toBeGreaterThan(0);
      kong.server.faults.clear();
      expect((await bring(kong.target(), shop('', keyAuth))).failures).toEqual([]);
      expect(await guards('/list')).toEqual(['key-auth']);
    },
  );

  it('takes a new route back that would be live without its plugin', async () => {
    await bring(kong.target(), shop('', ''));
    failPlugins(50);
    const wanted = shop('', '', `, { name: show, paths: [/show], plugins: [${keyAuth}] }`);

    const report = await bring(kong.target(), wanted);

    expect(report.failures.map(({ code, entity }) => `${code} ${entity}`)).toEqual([
      'KONG_FAILED plugin key-auth on route show',
      'KONG_ROUTE_UNGUARDED route show',
    ]);
    expect(await guards('/show')).toEqual([]);
    expect((await kong.call('GET', '/routes')).data).toHaveLength(1);
    kong.server.faults.clear();
    expect((await bring(kong.target(), wanted)).failures).toEqual([]);
    expect(await guards('/show')).toEqual(['key-auth']);
  });

  it('keeps a renamed route and its plugin until the new one is whole', async () => {
    await bring(kong.target(), shop('', keyAuth));
    failPlugins(50);
    const renamed = shop('', keyAuth).replace('name: list', 'name: show');

    await bring(kong.target(), renamed).catch(() => undefined);

    expect(await guards('/list')).toEqual(['key-auth']);
    kong.server.faults.clear();
    expect((await bring(kong.target(), renamed)).failures).toEqual([]);
    expect(await guards('/list')).toEqual(['key-auth']);
  });

  it('moves a route to another service only once the plugins of that one are there', async () => {
    const file = (inOrders: string, onSales: string, inSales: string) => `${header}
services:
  - { name: orders, host: orders.mesh, plugins: [${keyAuth}], routes: [${inOrders}] }
  - { name: sales, host: sales.mesh, plugins: [${onSales}], routes: [${inSales}] }
`;
    const list = '{ name: list, paths: [/list] }';
    await bring(kong.target(), file(list, '', ''));
    failPlugins(50);
    const moved = file('', keyAuth, list);

    await bring(kong.target(), moved).catch(() => undefined);

    expect(await guards('/list')).toEqual(['key-auth']);
    kong.server.faults.clear();
    kong.takeCalls();
    expect((await bring(kong.target(), moved)).failures).toEqual([]);
    const writes = kong.takeCalls().filter((call) => call.startsWith('PUT'));
    expect(writes.map((call) => call.split('/')[1])).toEqual(['plugins', 'routes']);
  });

  it.each([
    ['PUT', 'moves', 'list'],
    ['DELETE', 'goes', 'show'],
  ])('keeps what covers a route whose own %s fails: it %s', async (method, _, route) => {
    const before = shop(keyAuth, '');
    await bring(kong.target(), before);
    kong.server.faults.add({ match: { method, path: '/routes' }, status: 500, times: 50 });
    const after = before
      .replaceAll('orders', 'sales')
      .replace('key-auth', 'basic-auth')
      .replace('name: list, paths: [/list]', `name: ${route}, paths: [/${route}]`);

    const report = await bring(kong.target(), after).catch(() => undefined);

    expect(await guards('/list')).toContain('key-auth');
    expect(report?.failures.map(({ code }) => code)).toContain('GUARD_KEPT');
    kong.server.faults.clear();
    expect((await bring(kong.target(), after)).failures).toEqual([]);
    expect(await guards(`/${route}`)).toEqual(['basic-auth']);
    expect((await kong.call('GET', '/plugins')).data).toHaveLength(1);
  });

  it('changes the scope of a plugin in one write of the same entity', async () => {
    await bring(kong.target(), shop(keyAuth, ''));
    const [before] = (await kong.call('GET', '/plugins')).data;
    kong.takeCalls();

    const report = await bring(kong.target(), shop('', keyAuth));

    const writes = kong.takeCalls().filter((call) => /^(PUT|POST|DELETE) \/(?!schemas)/.test(call));
    expect(writes).toEqual([`PUT /plugins/${before.id}`]);
    expect(report.applied.summary).toEqual({ creating: 0, updating: 1, deleting: 0 });
    expect((await bring(kong.target(), shop('', keyAuth))).applied.changes).toEqual([]);
  });

  it('puts back what was deleted to make room where the new one is not taken', async () => {
    const id = '11111111-1111-4111-8111-111111111111';
    await bring(kong.target(), shop('', keyAuth));
    kong.server.faults.add({
      match: { method: 'PUT', path: `/routes/${id}` },
      status: 500,
      times: 50,
    });
    const target = kong.target();
    const current = await target.read(never);
    const desired = { ...current, entities: sortEntities(withRouteId(current.entities, id)) };

    const report = await target.apply(diff(current, desired), desired, never);

    expect(report.failures.map(({ code }) => code)).toContain('KONG_FAILED');
    expect(await guards('/list')).toEqual(['key-auth']);
  });

  it('lets a value go before another entity takes it, also where two change places', async () => {
    const file = (a: string, b: string) => `${header}
consumers: [{ username: a, custom_id: ${a} }, { username: b, custom_id: ${b} }]
plugins: [{ name: cors, instance_name: ${a} }, { name: key-auth, instance_name: ${b} }]
`;
    await bring(kong.target(), file('x', 'y'));

    const report = await bring(kong.target(), file('y', 'x'));

    expect(report.failures).toEqual([]);
    expect((await bring(kong.target(), file('y', 'x'))).applied.changes).toEqual([]);
  });
});
