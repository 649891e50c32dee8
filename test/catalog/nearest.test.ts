import { editDistance, nearest } from '../../catalog/nearest';
import fc from '../support/property';

describe('nearest', () => {
  it.each([
    ['two neighbours swapped', 'hots', ['host', 'port', 'path'], ['host']],
    ['another case', 'HOST', ['host'], ['host']],
    [
      'the closest first, then by letter',
      'hose',
      ['rose', 'host', 'hosts', 'hose'],
      ['hose', 'host', 'rose'],
    ],
    ['nothing near', 'weight', ['host', 'port'], []],
    ['a long word with too many slips', 'a'.repeat(30), [`${'a'.repeat(26)}bbbb`], []],
    ['of one letter, one slip', 'x', ['y', 'zz'], ['y']],
  ])('%s', (_name, word, candidates, expected) => {
    expect(nearest(word, candidates)).toEqual(expected);
  });

  it('gives as many as asked for', () => {
    expect(nearest('aaa', ['aab', 'aac', 'aad'], 2)).toEqual(['aab', 'aac']);
  });
});

describe('editDistance', () => {
  it.each([
    ['equal', 'orders', 'orders', 0],
    ['one replaced', 'orders', 'orderz', 1],
    ['one missing', 'orders', 'order', 1],
    ['two swapped', 'orders', 'ordres', 1],
    ['swapped at the start', 'rodersx', 'ordersx', 1],
    ['swapped, one wrong, one missing', 'oders', 'dorer', 3],
    ['from nothing', '', 'abc', 3],
    ['beyond the limit', 'orders', 'billing', 4],
  ])('%s', (_, from, to, expected) => {
    expect(editDistance(from, to, 3)).toBe(expected);
  });

  it('is symmetric and zero only for equal texts', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b, 8)).toBe(editDistance(b, a, 8));
        expect(editDistance(a, b, 8) === 0).toBe(a === b);
      }),
    );
  });
});
