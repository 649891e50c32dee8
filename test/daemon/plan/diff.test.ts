import type { Change } from '../../../daemon/plan/change';
import { diff } from '../../../daemon/plan/diff';
import { plugin, route, service, state, target, upstream } from './build';
import { entityLabel, type Entity } from '../../../daemon/kong/model';

const one = '00000000-0000-5000-8000-000000000001';
const two = '00000000-0000-5000-8000-000000000002';

describe('diff', () => {
  const orders = service('orders', {}, one);
  const users = service('users');

  it.each<[string, readonly Entity[], readonly Entity[], readonly string[]]>([
    ['nothing and nothing', [], [], []],
    ['the same object', [orders], [orders], []],
    ['equal content', [orders], [service('orders', {}, one)], []],
    ['something new', [], [orders], ['create service orders']],
    ['something gone', [orders], [], ['delete service orders']],
    [
      'a changed field',
      [orders],
      [service('orders', { port: 1 }, one)],
      ['update service orders: port'],
    ],
    [
      'a new field with a name that every object has',
      [orders],
      [service('orders', { constructor: ['a'] }, one)],
      ['update service orders: constructor'],
    ],
    [
      'one that goes',
      [service('orders', { constructor: ['a'] }, one)],
      [orders],
      ['update service orders: constructor'],
    ],
    [
      'a rename with its id',
      [orders],
      [service('sales', { host: 'orders.mesh' }, one)],
      ['update service sales: name'],
    ],
    [
      'another name and another id',
      [orders],
      [service('sales', {}, two)],
      ['create service sales', 'delete service orders'],
    ],
    [
      'another id under the same name',
      [orders],
      [service('orders', {}, two)],
      ['delete service orders', 'create service orders'],
    ],
    [
      'names that change places',
      [service('a', {}, one), service('b', {}, two)],
      [service('b', {}, one), service('a', {}, two)],
      ['delete service b', 'delete service a', 'create service a', 'create service b'],
    ],
    [
      'a change between two that stay',
      [orders, users, upstream('a')],
      [orders, upstream('a'), upstream('b')],
      ['create upstream b', 'delete service users'],
    ],
  ])('%s', (_name, current, desired, expected) => {
    const plan = diff(state(...current), state(...desired));

    expect(plan.changes.map(describeChange)).toEqual(expected);
  });

  it('replaces what depends on a replaced entity, down to what did not change itself', () => {
    const replaced = service('orders', {}, two);
    const desiredRoute = route('orders', replaced);
    const current = state(orders, route('orders', orders), plugin('cors', route('orders', orders)));
    const desired = state(replaced, desiredRoute, plugin('cors', desiredRoute));

    const plan = diff(current, desired);

    expect(plan.changes.map((change) => `${change.op} ${typeOf(change)}`)).toEqual([
      'delete plugins',
      'delete routes',
      'delete services',
      'create services',
      'create routes',
      'create plugins',
    ]);
    expect(plan.summary).toEqual({ creating: 3, updating: 0, deleting: 3 });
  });

  it('creates parents first and deletes children first', () => {
    const blue = upstream('blue');
    const green = upstream('green');
    const current = state(users, route('users', users), green, target('10.0.0.1:80', green));
    const desired = state(orders, route('orders', orders), blue, target('10.0.0.2:80', blue));

    const plan = diff(current, desired);

    expect(plan.changes.map(describeChange)).toEqual([
      'create service orders',
      'create upstream blue',
      'create route orders',
      'create target 10.0.0.2:80 of blue',
      'delete target 10.0.0.1:80 of green',
      'delete route users',
      'delete upstream green',
      'delete service users',
    ]);
  });

  it('moves a route away before its old service goes', () => {
    const current = state(orders, route('r', orders));
    const desired = state(users, route('r', users));

    const plan = diff(current, desired);

    expect(plan.changes.map(describeChange)).toEqual([
      'create service users',
      'update route r: service',
      'delete service orders',
    ]);
  });

  it('names the fields that differ with what they were and are', () => {
    const before = service('orders', { port: 80, tls: { verify: true, depth: 1 }, tags: ['a'] });
    const after = service('orders', {
      port: 81,
      tls: { verify: true },
      tags: ['a', 'b'],
      retries: 1,
    });

    const plan = diff(state(before), state(after));

    expect(plan.changes[0]).toMatchObject({
      op: 'update',
      fields: [
        { path: ['port'], before: 80, after: 81 },
        { path: ['retries'], after: 1 },
        { path: ['tags'], before: ['a'], after: ['a', 'b'] },
        { path: ['tls', 'depth'], before: 1 },
      ],
    });
  });

  it('takes owner, origin and secrets for no difference', () => {
    const read: Entity = { ...orders, owner: 'mesh', secrets: [['host']] };

    const plan = diff(state(read), state(orders));

    expect(plan.changes).toEqual([]);
  });
});

function describeChange(change: Change): string {
  if (change.op === 'delete') return `delete ${entityLabel(change.previous)}`;
  if (change.op === 'create') return `create ${entityLabel(change.next)}`;
  const fields = change.fields.map(({ path }) => path.join('.')).join(' ');
  return `update ${entityLabel(change.next)}: ${fields}`;
}

function typeOf(change: Change): string {
  return change.op === 'delete' ? change.previous.type : change.next.type;
}
