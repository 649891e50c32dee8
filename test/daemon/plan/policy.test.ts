import { diff } from '../../../daemon/plan/diff';
import { subjectOf } from '../../../daemon/plan/order';
import {
  carriesTags,
  filterByOwnership,
  filterByPolicy,
  type Policy,
} from '../../../daemon/plan/policy';
import type { Plan } from '../../../daemon/plan/change';
import { entity, plugin, route, service, state } from './build';

const two = '00000000-0000-5000-8000-000000000002';

describe('filterByPolicy', () => {
  const current = state(service('gone'), service('changed'));
  const desired = state(service('new'), service('changed', { port: 8080 }));

  it.each<[Policy, readonly string[]]>([
    ['sync', ['update changed', 'create new', 'delete gone']],
    ['upsert-only', ['update changed', 'create new']],
    ['create-only', ['create new']],
  ])('%s', (policy, expected) => {
    const { plan, held } = filterByPolicy(diff(current, desired), policy);

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

    const result = filterByPolicy(plan, 'upsert-only');

    expect(steps(result.plan)).toEqual(['create other']);
    expect(result.held).toHaveLength(4);
  });

  it('gives back the very plan where nothing is held back', () => {
    const plan = diff(current, desired);

    expect(filterByPolicy(plan, 'sync').plan).toBe(plan);
  });
});

describe('filterByOwnership', () => {
  it('leaves what does not carry all tags', () => {
    const ours = { tags: ['managed', 'team-a'] };
    const current = state(
      service('ours', ours),
      service('theirs', { tags: ['managed'] }),
      service('untagged'),
      service('ours-too', ours),
    );
    const desired = state(service('ours', { ...ours, port: 1 }), service('theirs', { port: 1 }));

    const { plan, held } = filterByOwnership(
      diff(current, desired),
      carriesTags(['team-a', 'managed']),
    );

    expect(steps(plan)).toEqual(['update ours', 'delete ours-too']);
    expect(held.map((change) => subjectOf(change).key)).toEqual(['theirs', 'untagged']);
  });

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
