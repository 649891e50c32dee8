import { ownedBy, recordApplied } from '../../../daemon/plan/applied-entities';
import { identityOf } from '../../../daemon/plan/dependants';
import { entity, service, state } from './build';

const a = service('a');
const b = service('b');
const c = service('c');
const ids = (...entities: Parameters<typeof identityOf>[0][]) => new Set(entities.map(identityOf));

describe('ownedBy', () => {
  const tagged = service('tagged', { tags: ['team-a', 'x'] });
  const made = entity('services', 'made', {}, { owner: 'mesh' });

  it.each([
    ['on record', a, true],
    ['not on record', b, false],
    ['made by kong-meshd', made, true],
    ['with all select tags', tagged, true],
    ['with some of them', service('d', { tags: ['x'] }), false],
  ])('%s', (_name, given, expected) => {
    expect(ownedBy({ applied: ids(a), selectTags: ['team-a', 'x'] })(given)).toBe(expected);
  });

  it('takes nothing for ours without select tags and without a record', () => {
    const owns = ownedBy({ applied: new Set(), selectTags: [] });

    expect([a, tagged].map(owns)).toEqual([false, false]);
  });

  it('believes the target where it knows of other marks', () => {
    const owns = ownedBy({
      applied: new Set(),
      selectTags: [],
      targetOwns: ({ id }) => id === b.id,
    });

    expect([a, b].map(owns)).toEqual([false, true]);
  });
});

describe('recordApplied', () => {
  it('adds what the files name and the target holds', () => {
    expect(recordApplied(new Set(), state(a, b), state(a, c))).toEqual(ids(a));
  });

  it('keeps what is still there and drops what is gone', () => {
    expect(recordApplied(ids(a, b), state(c), state(a, c))).toEqual(ids(a, c));
  });

  it('gives back the very record where nothing changes', () => {
    const before = ids(a);

    expect(recordApplied(before, state(a), state(a, b))).toBe(before);
  });
});
