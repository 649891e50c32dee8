import { decode as decodeBytes } from '@msgpack/msgpack';
import fc from 'fast-check';

import {
  encodeCall,
  encodeDone,
  encodeError,
  encodeResult,
  UnsendableError,
} from '../../plugin-server/reply-encoder';

/** Out of plain bytes: out of a Buffer, binaries would come as Buffers. */
const decode = (reply: Buffer): unknown => decodeBytes(Uint8Array.from(reply));

describe('the reply encoder', () => {
  it('writes a call as Kong reads one', () => {
    const call = { method: 'kong.service.set_target', args: ['127.0.0.1', 30001] };

    const read = decode(encodeCall(7, 2 ** 48 + 1, call));

    const Data = { Method: 'kong.service.set_target', Args: ['127.0.0.1', 30001] };
    expect(read).toEqual([1, 7, null, { Data, EventId: 2 ** 48 + 1 }]);
  });

  it('writes the end of a handler', () => {
    expect(decode(encodeDone(70000, 300))).toEqual([1, 70000, null, { Data: 'ret', EventId: 300 }]);
  });

  it('writes an error', () => {
    expect(decode(encodeError(1, 'no plugin instance #5'))).toEqual([
      1,
      1,
      'no plugin instance #5',
      null,
    ]);
  });

  it('writes any value that a plugin may hand over', () => {
    const values = fc.anything({
      withNullPrototype: false,
      withBigInt: false,
      withDate: false,
      withMap: false,
      withSet: false,
      withTypedArray: false,
      withSparseArray: false,
      key: fc.string().filter((key) => key !== '__proto__'),
      values: [
        fc.string(),
        fc.string({ unit: 'binary', minLength: 20, maxLength: 80 }),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array(),
      ],
    });

    fc.assert(
      fc.property(values, (value) => {
        const [, , , read] = decode(encodeResult(1, [value])) as [0, 0, 0, unknown[]];

        expect(read).toEqual([value]);
      }),
    );
  });

  it.each<[string, unknown]>([
    ['a list of 20', Array.from({ length: 20 }, (_, n) => n)],
    ['a list of 70,000', Array.from({ length: 70_000 }, () => 1)],
    ['a map of 20', Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`key-${n}`, n]))],
    ['a text of 31 two-byte characters', 'ü'.repeat(31)],
    ['a text of 100,000 characters', 'ü'.repeat(100_000)],
    ['a body of 100,000 bytes', new Uint8Array(100_000)],
  ])('writes %s', (_name, value) => {
    expect(decode(encodeResult(1, value))).toEqual([1, 1, null, value]);
  });

  it('writes what is not there as nil', () => {
    expect(decode(encodeResult(1, [undefined, { a: undefined }]))).toEqual([
      1,
      1,
      null,
      [null, { a: null }],
    ]);
  });

  it.each<[string, unknown]>([
    ['a function', () => undefined],
    ['a symbol', Symbol('s')],
    [
      'a cycle',
      (() => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        return cycle;
      })(),
    ],
  ])('refuses %s', (_name, value) => {
    expect(() => encodeResult(1, value)).toThrow(UnsendableError);
    expect(decode(encodeDone(1, 1))).toEqual([1, 1, null, { Data: 'ret', EventId: 1 }]);
  });

  it('does not reuse the memory of a reply that is not yet written', () => {
    const first = encodeResult(1, 'first');
    encodeResult(2, 'second');

    expect(decode(first)).toEqual([1, 1, null, 'first']);
  });
});
