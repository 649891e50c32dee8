import { diff } from '../../../../daemon/plan/diff';
import { subjectOf } from '../../../../daemon/plan/order';
import { carriesTags, filterByPolicy, type Policy } from '../../../../daemon/plan/filters/policy';
import type { Plan } from '../../../../daemon/plan/change';
import { entity, plugin, route, service, state } from '../build';

const two = '00000000-0000-5000-8000-000000000002';

describe('filterByPolicy', () => {
  const current = state(service('gone'), service('changed'));
  const desired = state(service('new'), service('changed', { port: 8080 }));

  it.each<[Policy, readonly string[]]>([
    ['sync', ['update changed', 'create new', 'delete gone']],
    ['upsert-only', ['update changed', 'create new']],
    ['create-only', ['create new']],
  ])('%s', (policy, expected) => {
    const { plan, held } = filterByPolicy(policy)(diff(current, desired), []);

    expect(steps(plan)).toEqual(expected);
    expect(plan.summary.deleting).toBe(policy === 'sync' ? 1 : 0);
    expect(held.length + plan.changes.length).toBe(3);
  });

  it('holds back who would take the name of somebody that stays, with its children', () => {
    const replaced = service('orders', {}, two);
    const orders = route('orders', replaced);
    const plan = diff(
      state(service('orders')),
      state(replaced, orders, plugin('cors', orders), service('other')),
    );

    const result = filterByPolicy('upsert-only')(plan, []);

    expect(steps(result.plan)).toEqual(['create other']);
    expect(result.held).toHaveLength(4);
  });

  it('gives back the very plan where nothing is held back', () => {
    const plan = diff(current, desired);

    expect(filterByPolicy('sync')(plan, []).plan).toBe(plan);
  });
});

describe('carriesTags', () => {
  it.each([
    ['all tags', ['a', 'b'], ['b', 'a', 'c'], true],
    ['one missing', ['a', 'b'], ['a'], false],
    ['no tags asked', [], [], true],
    ['tags unset', ['a'], null, false],
  ])('owns with %s: %p', (_name, asked, tags, expected) => {
    expect(carriesTags(asked)(entity('services', 'x', { tags }))).toBe(expected);
  });
});

function steps(plan: Plan): readonly string[] {
  return plan.changes.map((change) => `${change.op} ${subjectOf(change).key}`);
}
