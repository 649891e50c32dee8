import { diff } from '../../../../daemon/plan/diff';
import { waitForPlugins } from '../../../../daemon/plan/filters/missing-plugins';
import { subjectOf } from '../../../../daemon/plan/order';
import { plugin, route, service, state } from '../build';

const orders = service('orders');
const list = route('list', orders);
const plan = diff(state(), state(orders, list, plugin('cors', list), service('other')));

describe('waitForPlugins', () => {
  it.each([
    ['the route', { type: 'routes', id: list.id }],
    ['its service', { type: 'services', id: orders.id }],
  ] as const)('holds a new route with its plugins while %s lacks a plugin', (_name, scope) => {
    const { held, diagnostics } = waitForPlugins([scope])(plan, []);

    expect(held.map((change) => subjectOf(change).type)).toEqual(['routes', 'plugins']);
    expect(diagnostics).toMatchObject([{ code: 'ROUTE_WAITS_FOR_PLUGIN', entity: 'route list' }]);
  });

  it('lets a route through that is live already', () => {
    const live = diff(state(orders, list), state(orders, { ...list, fields: { paths: ['/new'] } }));

    const result = waitForPlugins([{ type: 'routes', id: list.id }])(live, []);

    expect(result).toEqual({ plan: live, held: [], diagnostics: [] });
  });
});
