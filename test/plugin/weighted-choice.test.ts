import {
  createWeightedChoice,
  nextPosition,
  type WeightedChoice,
} from '../../plugin/mesh-upstream/weighted-choice';
import fc from '../support/property';

function choiceOf(weights: Readonly<Record<string, number>>): WeightedChoice<string> {
  return createWeightedChoice(
    Object.entries(weights).map(([name, weight]) => ({ name, weight, value: name })),
  );
}

function countOf(picks: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const pick of picks) counts[pick] = (counts[pick] ?? 0) + 1;
  return counts;
}

function* inTurn(choice: WeightedChoice<string>, requests: number, start: number) {
  let position = start;
  for (let n = 0; n < requests; n++) {
    position = nextPosition(position);
    yield choice.at(position);
  }
}

const keys = Array.from({ length: 100_000 }, (_none, n) => `user-${n}`);

describe('a choice by weight', () => {
  it('keeps 90/10 within 1 % of each share over 100,000 requests, wherever it starts', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (start) => {
        const counts = countOf(inTurn(choiceOf({ stable: 90, canary: 10 }), 100_000, start));

        expect(Math.abs((counts['canary'] ?? 0) - 10_000)).toBeLessThan(100);
        expect(Math.abs((counts['stable'] ?? 0) - 90_000)).toBeLessThan(900);
      }),
      { numRuns: 10 },
    );
  });

  it('keeps the shares of a client whose every second or fifth request counts', () => {
    for (const stride of [2, 3, 5, 8]) {
      const all = [...inTurn(choiceOf({ stable: 50, canary: 50 }), 10_000 * stride, 0.3)];
      const seen = countOf(all.filter((_pick, n) => n % stride === 0));

      expect(Math.abs((seen['canary'] ?? 0) - 5_000)).toBeLessThan(100);
    }
  });

  it('is by key the same one each time, and keeps the shares over many keys', () => {
    const choice = choiceOf({ stable: 90, canary: 10 });
    const counts = countOf(keys.map((key) => choice.of(key)));

    expect(keys.slice(0, 100).map((key) => choice.of(key))).toEqual(
      keys.slice(0, 100).map((key) => choiceOf({ stable: 90, canary: 10 }).of(key)),
    );
    expect(Math.abs((counts['canary'] ?? 0) - 10_000)).toBeLessThan(1_000);
  });

  it('moves only keys that have to move where a weight grows or one leaves', () => {
    const before = choiceOf({ a: 60, b: 30, c: 10 });
    const grown = choiceOf({ a: 60, b: 30, c: 20 });
    const left = choiceOf({ a: 60, c: 10 });

    for (const key of keys.slice(0, 5_000)) {
      const was = before.of(key);
      if (grown.of(key) !== was) expect(grown.of(key)).toBe('c');
      if (was !== 'b') expect(left.of(key)).toBe(was);
    }
  });

  it('gives one that stands twice the sum of its weights, by key too', () => {
    const twice = createWeightedChoice([
      { name: 'a', weight: 10, value: 'a' },
      { name: 'b', weight: 20, value: 'b' },
      { name: 'a', weight: 10, value: 'a' },
    ]);

    const counts = countOf(keys.map((key) => twice.of(key)));

    expect(Math.abs((counts['a'] ?? 0) - 50_000)).toBeLessThan(1_500);
    expect(twice.isOne).toBe(false);
  });

  it('always gives one of them, whatever the weights and positions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.string(),
        (weights, position, key) => {
          const names = weights.map((_weight, n) => `s${n}`);
          const choice = choiceOf(
            Object.fromEntries(names.map((name, n) => [name, weights[n] ?? 1])),
          );

          expect(names).toContain(choice.at(position));
          expect(names).toContain(choice.of(key));
        },
      ),
    );
  });
});
