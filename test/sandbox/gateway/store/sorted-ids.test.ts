import { SortedIds } from '../../../../sandbox/gateway/store/sorted-ids';
import fc from '../../../support/property';

const id = fc.integer({ min: 0, max: 3000 }).map((number) => String(number).padStart(4, '0'));

describe('SortedIds', () => {
  it('holds what was added and not deleted, in order, past any id', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ id, adds: fc.boolean() }), { maxLength: 3000, size: 'max' }),
        id,
        (steps, start) => {
          const sorted = new SortedIds();
          const plain = new Set<string>();

          for (const step of steps) {
            if (step.adds) {
              sorted.add(step.id);
              plain.add(step.id);
            } else {
              sorted.delete(step.id);
              plain.delete(step.id);
            }
          }

          expect([...sorted.after()]).toEqual([...plain].sort());
          expect([...sorted.after(start)]).toEqual(
            [...plain].filter((next) => next > start).sort(),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});
