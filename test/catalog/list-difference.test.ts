import { listDifference } from '../../catalog/list-difference';
import fc from '../support/property';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ({ name }));

it.each([
  ['nothing', [a, b], [a, b], [], []],
  ['one that was taken out', [a, b, c], [a, c], [b], []],
  ['one that was put in', [a, c], [a, b, c], [], [b]],
  ['one in place of another', [a, b, c], [a, d, c], [b], [d]],
  ['all', [a, b], [c], [a, b], [c]],
])('finds %s', (_, before, after, gone, come) => {
  expect(listDifference(before, after)).toEqual({ gone, come });
});

it('leads from any list to any other one', () => {
  const list = fc.array(fc.nat({ max: 8 }), { maxLength: 12 });
  const counts = (values: readonly number[]) => {
    const map = new Map<number, number>();
    for (const value of values) map.set(value, (map.get(value) ?? 0) + 1);
    return map;
  };
  fc.assert(
    fc.property(list, list, (before, after) => {
      const { gone, come } = listDifference(before, after);
      const [was, went, came, is] = [before, gone, come, after].map(counts);
      for (let value = 0; value <= 8; value += 1) {
        const of = (map: ReadonlyMap<number, number> | undefined) => map?.get(value) ?? 0;
        expect(of(was) - of(went) + of(came)).toBe(of(is));
        expect(of(went)).toBeLessThanOrEqual(of(was));
      }
    }),
  );
});
