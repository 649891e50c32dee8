import { parseKongConfig } from '../../../../daemon/kong/parse';
import type { KongState, MissingPlugin } from '../../../../daemon/kong/model';
import { applyPlan } from '../../../../daemon/plan/apply-plan';
import { diff } from '../../../../daemon/plan/diff';
import { keepGuards, withCanonicalIds } from '../../../../daemon/plan/filters/missing-plugins';
import { missingPlugins } from '../../../../daemon/plan/plugin-scope';
import { subjectOf } from '../../../../daemon/plan/order';
import { refusedCases, unreadPlugins } from '../../../contract/keep-guards.cases';
import { lostOn } from '../../../contract/keep-guards.contract';
import { plugin, route, service, state } from '../build';

const orders = service('orders');
const list = route('list', orders);

describe('keepGuards', () => {
  const plan = diff(state(), state(orders, list, plugin('cors', list), service('other')));

  it.each([
    ['the route', { route: { type: 'routes', id: list.id } }],
    ['its service', { service: { type: 'services', id: orders.id } }],
    ['all routes', {}],
  ] as const)('holds a new route with its plugins while %s lacks a plugin', (_name, references) => {
    const { held, diagnostics } = keepGuards(state(), [{ label: 'plugin jwt', references }])(
      plan,
      [],
    );

    expect(held.map((change) => subjectOf(change).type)).toEqual(['routes', 'plugins']);
    expect(diagnostics).toMatchObject([{ code: 'ROUTE_WAITS_FOR_PLUGIN', entity: 'route list' }]);
  });

  it('lets a new route go live under an older form of the plugin', () => {
    const everywhere = plugin('key-auth');
    const missing: MissingPlugin = { label: 'plugin key-auth', name: 'key-auth', references: {} };

    expect(keepGuards(state(everywhere), [missing])(plan, []).plan).toBe(plan);
  });

  it('lets a new route go live while a plugin of one consumer is missing', () => {
    const references = { consumer: { type: 'consumers', id: 'alice' } } as const;

    expect(keepGuards(state(), [{ label: 'plugin acl', references }])(plan, []).plan).toBe(plan);
  });

  it('lets everything through that concerns other routes', () => {
    const other = service('other');
    const show = route('show', other);
    const before = state(orders, list, plugin('cors', list), other, show, plugin('jwt', show));
    const after = state(orders, list, other, show, plugin('jwt', show));
    const references = { route: { type: 'routes', id: show.id } } as const;
    const wanted = diff(before, after);

    const { held } = keepGuards(before, [{ label: 'plugin acl', references }])(wanted, []);

    expect(held).toEqual([]);
    expect(wanted.changes).toHaveLength(1);
  });

  it('keeps a route and its plugins while the route that is to follow was held back', () => {
    const show = { ...route('show', orders), fields: { ...list.fields, name: 'show' } };
    const before = state(orders, list, plugin('jwt', list));
    const wanted = diff(before, state(orders, show));
    const creates = wanted.changes.filter(({ op }) => op === 'create');
    const rest = { ...wanted, changes: wanted.changes.filter(({ op }) => op !== 'create') };

    const { held, diagnostics } = keepGuards(before, [])(rest, creates);

    expect(held).toEqual(rest.changes);
    expect(held.map((change) => subjectOf(change).type).sort()).toEqual(['plugins', 'routes']);
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ code: 'GUARD_KEPT', entity: 'route list' }),
    );
  });

  it('counts a plugin that a filter before it held back', () => {
    const guard = plugin('key-auth', orders);
    const next = plugin('key-auth', list);
    const before = state(orders, list, guard);
    const whole = diff(before, state(orders, list, next));
    const [create, removal] = whole.changes;

    const { held } = keepGuards(before, [])({ ...whole, changes: [removal!] }, [create!]);

    expect(held).toEqual([removal]);
  });

  it.each([
    [
      'the service that it is on to another link',
      [orders, list],
      [service('orders', { host: 'b.mesh', tags: ['mesh:b'] }), list],
    ],
    [
      'the service that it is on to another host',
      [orders, list],
      [service('orders', { host: 'b.internal' }), list],
    ],
    ['a new mesh-upstream on it', [orders, list], [orders, list, plugin('mesh-upstream', list)]],
    [
      'the mesh-upstream on its service',
      [orders, list, plugin('mesh-upstream', orders, { config: { service: 'a' } })],
      [orders, list, plugin('mesh-upstream', orders, { config: { service: 'b' } })],
    ],
    [
      'a mesh-upstream that goes',
      [orders, list, plugin('mesh-upstream', orders)],
      [service('orders', { host: 'b.mesh', tags: ['b'] }), list],
    ],
  ])('has a route that lacks a plugin not led elsewhere by %s', (_, before, after) => {
    const references = { service: { type: 'services', id: orders.id } } as const;
    const wanted = diff(state(...before), state(...after));

    const { plan: kept } = keepGuards(state(...before), [{ label: 'plugin acl', references }])(
      wanted,
      [],
    );

    expect(wanted.changes.length).toBeGreaterThan(0);
    expect(kept.changes).toEqual([]);
  });

  it('has a route that stays where it is not led by a link of the place it was to go to', () => {
    const shop = service('shop');
    const moved = route('list', shop);
    const before = state(orders, list, shop);
    const wanted = diff(before, state(orders, moved, shop, plugin('mesh-upstream', moved)));
    const references = { service: { type: 'services', id: shop.id } } as const;

    const { plan: kept } = keepGuards(before, [{ label: 'plugin acl', references }])(wanted, []);

    expect(kept.changes).toEqual([]);
  });

  it('leaves a route and its guard where they are while the link of the route stays', () => {
    const shop = service('shop');
    const moved = route('list', shop);
    const link = plugin('mesh-upstream', list);
    const before = state(orders, list, link, plugin('key-auth', orders), shop);
    const { changes, ...whole } = diff(before, state(orders, moved, shop));
    const held = changes.filter((change) => subjectOf(change).fields['name'] === 'mesh-upstream');
    const others = changes.filter((change) => !held.includes(change));

    const { plan: kept } = keepGuards(before, [])({ ...whole, changes: others }, held);

    expect(held).toHaveLength(1);
    expect(others).toHaveLength(2);
    expect(kept.changes).toEqual([]);
  });

  it.each([
    ['127.0.0.1', '127.0.0.2'],
    ['orders.mesh.invalid', 'orders.svc.mesh.local'],
    ['orders.svc.mesh.local', '241.0.0.1'],
  ])('has a route that lacks a plugin follow its mesh service from %s to %s', (from, to) => {
    const linked = (host: string) => service('orders', { host, tags: ['mesh:orders'] });
    const before = state(linked(from), list);
    const wanted = diff(before, state(linked(to), list));
    const references = { service: { type: 'services', id: orders.id } } as const;

    expect(keepGuards(before, [{ label: 'plugin acl', references }])(wanted, []).plan).toBe(wanted);
  });

  it('keeps a service, a consumer and a consumer group that a kept plugin needs', () => {
    const alice = { type: 'consumers', id: 'alice' } as const;
    const gold = { type: 'consumer_groups', id: 'gold' } as const;
    const guard = plugin('key-auth', orders);
    const limits = { ...plugin('rate-limiting', list), id: 'limits' };
    const scoped = {
      ...limits,
      references: { ...limits.references, consumer: alice, consumer_group: gold },
    };
    const entities = [alice, gold].map((each) => ({ ...orders, ...each, key: each.id }));
    const sales = service('sales');
    const moved = { ...list, references: { service: { type: 'services', id: sales.id } } } as const;
    const before = state(orders, list, guard, scoped, ...entities);
    const references = { service: { type: 'services', id: sales.id } } as const;
    const wanted = diff(before, state(sales, moved));

    const { held } = keepGuards(before, [{ label: 'plugin key-auth', references }])(wanted, []);

    expect(held.map((change) => `${change.op} ${subjectOf(change).type}`).sort()).toEqual([
      'delete consumer_groups',
      'delete consumers',
      'delete plugins',
      'delete plugins',
      'delete services',
      'update routes',
    ]);
  });

  it.each(refusedCases)('keeps what covers a route: $title', ({ before, after, paths }) => {
    const first = parsed(before).state;
    const whole = parsed(after).state;
    const isWrong = /nonsense|no-such-plugin|soon|"config":5/;
    const refused = whole.entities.filter(
      ({ type, fields }) => type === 'plugins' && isWrong.test(JSON.stringify(fields)),
    );
    const desired = {
      ...whole,
      entities: whole.entities.filter((each) => !refused.includes(each)),
    };

    const { plan: kept } = keepGuards(first, missingPlugins(refused))(diff(first, desired), []);

    expect(refused.length).toBeGreaterThan(0);
    const last = applyPlan(first, kept);
    for (const path of paths) expect(lostOn(path, first, last)).toEqual([]);
  });

  it.each(unreadPlugins)('keeps what covers a route from a plugin %s', (_name, text) => {
    const file = (onService: string, onRoute: string) => `
_format_version: "3.0"
services:
  - name: orders
    host: orders.mesh
    plugins: [${onService}]
    routes: [{ name: list, paths: [/list], plugins: [${onRoute}] }]
`;
    const first = parsed(file('{ name: key-auth }', '')).state;
    const next = parsed(file('{ name: key-auth, enabled: false }', text));

    const { held } = keepGuards(first, next.missingPlugins)(diff(first, next.state), []);

    expect(next.missingPlugins).toHaveLength(1);
    expect(held.map((change) => change.op)).toEqual(['update']);
  });

  it('takes a plugin whose scope cannot be told for one of any live route', () => {
    const first = parsed(
      '{ "_format_version": "3.0", "services": [{ "name": "a", "host": "a", "routes": [{ "name": "r", "paths": ["/"] }] }], "plugins": [{ "name": "cors" }] }',
    );
    const next = parsed(
      '{ "_format_version": "3.0", "services": [{ "name": "a", "host": "a", "routes": [{ "name": "r", "paths": ["/"] }, { "name": "s", "paths": ["/s"] }] }], "plugins": [{ "name": "jwt", "route": "rr" }] }',
    );

    const { held } = keepGuards(first.state, next.missingPlugins)(
      diff(first.state, next.state),
      [],
    );

    expect(held.map((change) => `${change.op} ${subjectOf(change).key}`)).toEqual(['delete cors']);
  });

  it('knows a scope by the id that the gateway has', () => {
    const theirs = { ...list, id: 'random' };
    const references = { route: { type: 'routes', id: list.id } } as const;
    const missing = [{ label: 'plugin jwt', references }];

    expect(withCanonicalIds(missing, state(orders, list), state(orders, theirs))).toEqual([
      { label: 'plugin jwt', references: { route: { type: 'routes', id: 'random' } } },
    ]);
  });
});

function parsed(text: string): ReturnType<typeof parseKongConfig> & { readonly state: KongState } {
  return parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
}
