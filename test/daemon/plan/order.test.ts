import { entityTypes } from '../../../daemon/kong/model';
import { diff } from '../../../daemon/plan/diff';
import { batches, levelOf, levels, subjectOf } from '../../../daemon/plan/order';
import { plugin, route, service, state, upstream } from './build';

describe('levels', () => {
  it('has each entity type once', () => {
    expect([...levels.flat()].sort()).toEqual([...entityTypes].sort());
  });

  it.each([
    ['routes', 'services'],
    ['targets', 'upstreams'],
    ['plugins', 'routes'],
    ['plugins', 'consumers'],
    ['plugins', 'consumer_groups'],
    ['snis', 'certificates'],
    ['services', 'certificates'],
    ['upstreams', 'certificates'],
    ['acls', 'consumers'],
    ['consumer_group_consumers', 'consumer_groups'],
    ['keys', 'key_sets'],
  ] as const)('%s come after %s', (type, parent) => {
    expect(levelOf(type)).toBeGreaterThan(levelOf(parent));
  });
});

describe('batches', () => {
  it('parts what must wait for what', () => {
    const orders = service('orders');
    const users = service('users');
    const current = state(users, route('users', users));
    const desired = state(orders, upstream('blue'), route('orders', orders), plugin('cors'));

    const result = batches(diff(current, desired).changes);

    expect(
      result.map((run) => run.map((change) => `${change.op} ${subjectOf(change).key}`)),
    ).toEqual([
      ['create orders', 'create blue'],
      ['create orders'],
      ['create cors'],
      ['delete users'],
      ['delete users'],
    ]);
  });
});
