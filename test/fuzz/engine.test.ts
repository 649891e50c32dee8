/** The engine itself: the same for the same seed, and able to tell when something is wrong. */
import { mutateBytes, splitBytes } from './engine/mutate-bytes';
import { mutateJson } from './engine/mutate-json';
import { mutateText } from './engine/mutate-text';
import { Random } from './engine/random';
import { shrink } from './engine/shrink';
import { describe as describeFailure, inputOf } from './inputs';
import { mustLeavePrototypesAlone } from './invariants';
import { allTargets } from './targets/all-targets';

it('makes the same inputs for the same seed, and others for another', () => {
  for (const target of allTargets) {
    const [first, again, other] = ['a', 'a', 'b'].map((seed) =>
      Array.from({ length: 5 }, (_, index) => inputOf(target, seed, index).toString('hex')),
    );

    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  }
});

it('changes what it is given, and leaves the original alone', () => {
  const bytes = Buffer.from('some bytes of a file');
  const value = { a: [1, 'two', { three: null }], b: true };
  const text = 'a: 1\nb:\n- c\n';
  let changed = 0;
  for (let index = 0; index < 50; index += 1) {
    const random = new Random(`mutations ${index}`);
    if (!mutateBytes(bytes, random).equals(Buffer.from('some bytes of a file'))) changed += 1;
    if (JSON.stringify(mutateJson(value, random)) !== JSON.stringify(value)) changed += 1;
    if (mutateText(text, random) !== text) changed += 1;
  }

  expect(changed).toBeGreaterThan(100);
  expect(bytes.toString()).toBe('some bytes of a file');
  expect(value).toEqual({ a: [1, 'two', { three: null }], b: true });
});

it('cuts bytes into pieces that are the same bytes together', () => {
  const bytes = Buffer.from(Array.from({ length: 500 }, (_, index) => index & 0xff));

  const pieces = splitBytes(bytes, new Random('pieces'));

  expect(pieces.length).toBeGreaterThan(1);
  expect(Buffer.concat(pieces)).toEqual(bytes);
});

it.each([
  ['bytes', Buffer.from('a long story with a needle in the middle of it'), 'needle'],
  [
    'json',
    Buffer.from(JSON.stringify({ a: [1, { text: 'one\nneedle\ntwo', more: [1, 2, 3] }], b: 'x' })),
    '{"a":[{"text":"needle"}]}',
  ],
] as const)('makes a failing input of %s as small as it can', async (form, input, smallest) => {
  const small = await shrink(input, form, async (each) => each.includes('needle'), 2000);

  expect(small.toString()).toBe(smallest);
});

it('sees a changed prototype, and puts it right', () => {
  Object.defineProperty(Object.prototype, 'polluted', {
    value: 1,
    enumerable: true,
    configurable: true,
  });

  expect(mustLeavePrototypesAlone).toThrow('a prototype was changed');
  expect(mustLeavePrototypesAlone).not.toThrow();
});

it('tells failures apart by what they say and where', () => {
  const error = (message: string): Error => new TypeError(message);

  const [first, second, other] = ['at 12 of "x"', 'at 99 of "y"', 'elsewhere'].map((message) =>
    describeFailure(error(message)),
  );

  expect(second?.signature).toBe(first?.signature);
  expect(other?.signature).not.toBe(first?.signature);
  expect(first?.text).toContain('TypeError: at 12 of "x"');
});
