import type { Entity } from '../../../../daemon/kong/model';
import { diff } from '../../../../daemon/plan/diff';
import { keepNeverApplied } from '../../../../daemon/plan/filters/never-applied';
import { subjectOf } from '../../../../daemon/plan/order';
import type { Plan } from '../../../../daemon/plan/change';
import { entity, plugin, route, service, state, target, upstream } from '../build';

const owning = (...ours: readonly Entity[]) => ({
  owns: (given: Entity) => ours.some(({ id }) => id === given.id),
  confirmed: false,
});

describe('keepNeverApplied', () => {
  const ours = service('ours');
  const theirs = service('theirs');

  it('keeps what was never applied, and lets the rest of the plan through', () => {
    const plan = diff(state(ours, theirs), state(service('new')));

    const result = keepNeverApplied(owning(ours))(plan, []);

    expect(steps(result.plan)).toEqual(['create new', 'delete ours']);
    expect(result.holds).toMatchObject([{ reason: 'never-applied', count: 1 }]);
    expect(result.diagnostics).toMatchObject([
      { code: 'DELETIONS_NEVER_APPLIED', message: expect.stringContaining('service theirs') },
    ]);
    expect(result.diagnostics[0]?.message).not.toMatch(/\bours\b/);
  });

  it('keeps however little it is: one of a hundred', () => {
    const many = Array.from({ length: 99 }, (_, n) => service(`s${String(n)}`));
    const plan = diff(state(...many, theirs), state(...many));

    expect(keepNeverApplied(owning(...many))(plan, []).plan.changes).toEqual([]);
  });

  it('lets the very plan through where it is confirmed', () => {
    const plan = diff(state(theirs), state());

    expect(keepNeverApplied({ ...owning(), confirmed: true })(plan, []).plan).toBe(plan);
  });

  it.each<[string, Entity, (parent: Entity) => Entity]>([
    ['a route with a plugin', route('r', ours), (parent) => plugin('cors', parent)],
    ['a service with a route', service('s'), (parent) => route('r', parent)],
    ['an upstream with a target', upstream('u'), (parent) => target('10.0.0.1:80', parent)],
    [
      'a consumer with a key',
      entity('consumers', 'ann'),
      ({ type, id }) =>
        entity('keyauth_credentials', 'k', {}, { references: { consumer: { type, id } } }),
    ],
  ])('keeps %s of somebody else', (_name, parent, make) => {
    const child = make(parent);
    const plan = diff(state(ours, parent, child), state(ours));

    const result = keepNeverApplied(owning(ours, parent))(plan, []);

    expect(result.plan.changes).toEqual([]);
    expect(result.held.map((change) => subjectOf(change).id)).toEqual([child.id, parent.id]);
    expect(result.diagnostics.map(({ code }) => code)).toEqual([
      'DELETIONS_NEVER_APPLIED',
      'DELETION_TAKES_OTHERS',
    ]);
  });

  it('makes a replacement wait for what it would replace', () => {
    const other = service('theirs', {}, '00000000-0000-5000-8000-000000000001');
    const plan = diff(state(theirs), state(other, route('r', other)));

    const result = keepNeverApplied(owning())(plan, []);

    expect(result.plan.changes).toEqual([]);
    expect(result.diagnostics.map(({ code }) => code)).toEqual([
      'DELETIONS_NEVER_APPLIED',
      'CHANGES_WAIT_FOR_DELETIONS',
    ]);
  });

  it('gives a hold the same id as long as the same deletions wait', () => {
    const idOf = (...gone: readonly Entity[]) =>
      keepNeverApplied(owning())(diff(state(...gone), state()), []).holds?.[0]?.id;

    expect(idOf(theirs, ours)).toBe(idOf(ours, theirs));
    expect(idOf(theirs)).not.toBe(idOf(theirs, ours));
  });
});

function steps(plan: Plan): readonly string[] {
  return plan.changes.map((change) => `${change.op} ${subjectOf(change).key}`);
}
