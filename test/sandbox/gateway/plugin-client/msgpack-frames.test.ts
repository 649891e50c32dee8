import { encode } from '@msgpack/msgpack';

import { createFrameDecoder } from '../../../../sandbox/gateway/plugin-client/msgpack/frame-decoder';
import { ProtocolError } from '../../../../sandbox/gateway/plugin-client/msgpack/message-pack-reader';
import fc from '../../../support/property';

function decodeChunks(chunks: readonly Uint8Array[], maxFrameBytes?: number): unknown[] {
  const frames: unknown[] = [];
  const decoder = createFrameDecoder(
    (frame) => frames.push(frame),
    maxFrameBytes === undefined ? {} : { maxFrameBytes },
  );
  for (const chunk of chunks) decoder.push(Buffer.from(chunk));
  return frames;
}

const frame = [
  0,
  70000,
  'plugin.StepMultiMap',
  [
    {
      EventId: 2 ** 48 + 5,
      Data: {
        text: 'Ü'.repeat(40),
        long: 'x'.repeat(70000),
        body: new Uint8Array([0, 255, 1]),
        numbers: [
          0,
          127,
          128,
          255,
          256,
          65536,
          2 ** 32,
          -1,
          -32,
          -33,
          -200,
          -40000,
          -(2 ** 40),
          1.5,
        ],
        nothing: null,
        yes: true,
        no: false,
        list: Array.from({ length: 20 }, (_, n) => n),
        empty: {},
      },
    },
  ],
];

describe('the frame decoder', () => {
  const bytes = encode(frame);

  it('reads every type Kong sends', () => {
    expect(decodeChunks([bytes])).toEqual([frame]);
  });

  it('reads a float32 and str8, which other writers use', () => {
    const float = Buffer.from('91ca3fc00000', 'hex');
    const short = Buffer.concat([Buffer.from([0x91, 0xd9, 3]), Buffer.from('abc')]);

    expect(decodeChunks([float, short])).toEqual([[1.5], ['abc']]);
  });

  it('reads a frame that is split at any one byte', () => {
    const small = encode([
      0,
      300,
      'plugin.HandleEvent',
      [{ InstanceId: 2 ** 40, EventName: 'access' }],
    ]);
    const whole = decodeChunks([small]);

    for (let at = 0; at <= small.length; at += 1) {
      expect(decodeChunks([small.subarray(0, at), small.subarray(at)])).toEqual(whole);
    }
  });

  it('reads a frame that comes byte by byte', () => {
    const chunks = [...encode(['a', { b: [1, 2] }])].map((byte) => Uint8Array.of(byte));

    expect(decodeChunks(chunks)).toEqual([['a', { b: [1, 2] }]]);
  });

  it('reads frames that come at once', () => {
    const three = [['one'], ['two', 2], [{ three: 3 }]];
    const chunk = Buffer.concat(three.map((each) => encode(each)));

    expect(decodeChunks([chunk])).toEqual(three);
  });

  it.each([-1, -129_510_899_512_213, Number.MIN_SAFE_INTEGER, -(2 ** 31) - 1, -(2 ** 32)])(
    'reads the negative number %d exactly',
    (number) => {
      const frame = [1, 2, null, number];

      expect(decodeChunks([Buffer.from(encode(frame))])).toEqual([frame]);
    },
  );

  it('reads any frames in any chunks', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.string({ maxLength: 300 }),
        fc.integer(),
        fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(tie('any'), { maxLength: 20 }),
        fc.dictionary(
          fc.string({ maxLength: 40 }).filter((key) => key !== '__proto__'),
          tie('any'),
          { maxKeys: 20, noNullPrototype: true },
        ),
      ),
    })).any;

    fc.assert(
      fc.property(
        fc.array(fc.array(value, { maxLength: 5 }), { maxLength: 4 }),
        fc.array(fc.nat(5000), { maxLength: 10 }),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map((each) => encode(each)));
          const edges = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length];
          edges.sort((a, b) => a - b);
          const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end));

          expect(decodeChunks(chunks)).toEqual(frames);
        },
      ),
    );
  });

  it("keeps a chunk's bytes from the next use of its memory", () => {
    const frames: unknown[] = [];
    const decoder = createFrameDecoder((each) => frames.push(each));
    const memory = Buffer.from(encode([new Uint8Array([1, 2, 3])]));

    decoder.push(memory.subarray(0, 3));
    const rest = Buffer.from(memory.subarray(3));
    memory.fill(0);
    decoder.push(rest);
    rest.fill(0);

    expect(frames).toEqual([[new Uint8Array([1, 2, 3])]]);
  });

  it.each<[string, Buffer]>([
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a number', Buffer.from([0x05])],
    ['a map', Buffer.from([0x80])],
    ['the unused type', Buffer.from([0x91, 0xc1])],
    ['an extension', Buffer.from([0x91, 0xd4, 0x01, 0x00])],
    ['a key that is a list', Buffer.from([0x91, 0x81, 0x90, 0x00])],
    ['a nest without end', Buffer.concat([Buffer.alloc(100, 0x91), Buffer.from([0x00])])],
    ['a list of 4 billion', Buffer.from([0x91, 0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a text of 4 gigabytes', Buffer.from([0x91, 0xdb, 0xff, 0xff, 0xff, 0xff])],
  ])('refuses %s', (_name, noise) => {
    expect(() => decodeChunks([noise])).toThrow(ProtocolError);
  });

  it('refuses a frame over the limit, whole or in parts', () => {
    const large = encode(['x'.repeat(5000)]);
    const parts = [large.subarray(0, 2500), large.subarray(2500)];

    expect(decodeChunks([large], 6000)).toHaveLength(1);
    expect(() => decodeChunks(parts, 4000)).toThrow(ProtocolError);
  });

  it('never fails in another way than it says, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (chunks) => {
        try {
          decodeChunks(chunks);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('does not let a key reach the prototype', () => {
    const [[read]] = decodeChunks([
      Buffer.concat([Buffer.from([0x91, 0x81]), encode('__proto__'), encode({ evil: 1 })]),
    ]) as [[Record<string, unknown>]];

    expect(read['evil']).toBeUndefined();
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });
});
