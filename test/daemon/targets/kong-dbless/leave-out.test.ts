import { identityOf } from '../../../../daemon/plan/dependants';
import type { LastValid } from '../../../../daemon/targets/kong-dbless/live-forms';
import { leaveOut } from '../../../../daemon/targets/kong-dbless/leave-out';
import type { Entity } from '../../../../daemon/kong/model';
import { plugin, route, service, state } from '../../plan/build';

const orders = service('orders');
const ordersRoute = route('orders', orders);
const users = service('users');
const all = state(orders, ordersRoute, plugin('cors', ordersRoute), users, route('users', users));

describe('leaveOut', () => {
  it('takes dependants along, and says whose', () => {
    const { state: left, out } = leaveOut(all, refused(orders), index());

    expect(names(left.entities)).toEqual(['services users', 'routes users']);
    expect([...out.values()].map(({ entity, because }) => [entity.type, because?.type])).toEqual([
      ['services', undefined],
      ['routes', 'services'],
      ['plugins', 'routes'],
    ]);
  });

  it('puts back the last valid form, and keeps the dependants', () => {
    const before = service('orders', { port: 1 });

    const { state: left, out, keptBack } = leaveOut(all, refused(orders), index(before));

    expect(left.entities).toContainEqual(before);
    expect(left.entities).toHaveLength(all.entities.length);
    expect(out.size).toBe(0);
    expect([...keptBack.values()]).toEqual([orders]);
  });

  it('leaves out what is refused in its last valid form as well', () => {
    const { out } = leaveOut(all, refused(ordersRoute), index(ordersRoute));

    expect([...out.values()].map(({ entity }) => entity.type)).toEqual(['routes', 'plugins']);
  });

  it('lets a dependant go back to where it hung before', () => {
    const before = route('orders', users);

    const { state: left } = leaveOut(all, refused(orders), index(before));

    expect(left.entities).toContainEqual(before);
    expect(names(left.entities)).toContain(`plugins ${plugin('cors', ordersRoute).key}`);
  });

  it('brings back what the last valid form hung on, with the plugins on that', () => {
    const shop = service('shop');
    const before = route('orders', shop);
    const guard = plugin('key-auth', shop);

    const { state: left } = leaveOut(all, refused(orders), index(shop, before, guard));

    for (const each of [shop, before, guard]) expect(left.entities).toContainEqual(each);
  });

  it('brings nothing back whose name another one has by now', () => {
    const old = service('users', {}, '11111111-1111-4111-8111-111111111111');
    const before = route('orders', old);

    const { out } = leaveOut(all, refused(orders), index(old, before));

    expect([...out.keys()]).toContain(identityOf(ordersRoute));
  });

  it('does not go back to a form that hangs on what is gone', () => {
    const before = route('orders', orders, { paths: ['/old'] });

    const { out } = leaveOut(all, refused(orders), index(before));

    expect([...out.keys()]).toContain(identityOf(ordersRoute));
  });

  it('leaves the first of two under one identity', () => {
    const twin = service('orders', { port: 9 });
    const twins = { ...all, entities: [...all.entities, twin] };

    const { state: left } = leaveOut(twins, refused(orders), index());

    expect(left.entities).toEqual(all.entities);
  });
});

function refused(...entities: readonly Entity[]): ReadonlySet<string> {
  return new Set(entities.map(identityOf));
}

/** A node that holds these. */
function index(...entities: readonly Entity[]): LastValid {
  return new Map(entities.map((entity) => [identityOf(entity), entity]));
}

function names(entities: readonly Entity[]): readonly string[] {
  return entities.map(({ type, key }) => `${type} ${key}`);
}
