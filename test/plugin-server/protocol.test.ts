import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createFrameDecoder, frame } from '../../plugin-server/frames';
import { createIds } from '../../plugin-server/ids';
import { encodeKitCall, kitMethod } from '../../plugin-server/kit-methods';
import {
  decodeCall,
  decodeReturn,
  encodeCall,
  encodeReturn,
  kitMethods,
  messageType,
} from '../../plugin-server/protocol';
import { kitMethods as kongsMethods } from '../../sandbox/gateway/plugin-client/protobuf/kit-methods';
import fc from '../support/property';

type Fields = Readonly<Record<string, readonly [number: number, type: string]>>;

/** What Kong's own descriptors say: numbers and types of fields, arguments and results of methods. */
const facts = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/kong-protocol/pluginsocket.json'), 'utf8'),
) as {
  readonly messages: Readonly<Record<string, Fields>>;
  readonly methods: Readonly<Record<string, readonly [string, string]>>;
};

describe('the messages', () => {
  it.each(Object.keys(facts.messages))("%s has Kong's fields", (name) => {
    const type = messageType(`kong_plugin_protocol.${name}`);
    const ours = type.fieldsArray
      .filter(({ id }) => id < 1000)
      .map((field) => [
        field.name,
        [field.id, `${field.repeated ? 'repeated ' : ''}${field.type}`],
      ]);

    expect(ours.length).toBe(type.fieldsArray.length - (name === 'PluginInfo' ? 1 : 0));
    expect(facts.messages[name]).toMatchObject(Object.fromEntries(ours));
  });

  it.each(kitMethods.map((method) => [method.name, method] as const))(
    "%s takes and gives what Kong's does",
    (name, { requestType, responseType }) => {
      expect([requestType, responseType]).toEqual(facts.methods[name]);
    },
  );
});

describe('a call of the kit', () => {
  /** As the stand-in for Kong reads it, whose codec is another one. */
  const readByKong = (method: string, ...args: readonly unknown[]): readonly unknown[] => {
    const frames: Buffer[] = [];
    createFrameDecoder((bytes) => frames.push(Buffer.from(bytes))).push(
      encodeKitCall({ method, args }),
    );
    expect(frames[0]!.toString()).toBe(method);
    expect(frames).toHaveLength(2);
    return kongsMethods.get(method)!.decode(frames[1]!);
  };

  it('arrives as it was made, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.integer({ min: 1, max: 65_535 }),
        (text, port) => {
          const wellFormed = Buffer.from(text).toString();
          expect(readByKong('kong.service.set_target', wellFormed, port)).toEqual([
            wellFormed,
            port,
          ]);
          expect(readByKong('kong.service.request.set_header', 'X', wellFormed)).toEqual([
            'X',
            wellFormed,
          ]);
        },
      ),
    );
  });

  it('carries a body as bytes, and says that JSON is JSON', () => {
    expect(readByKong('kong.response.exit', 503, { a: 'ü' }, { 'X-Reason': 'r' })).toEqual([
      503,
      '{"a":"ü"}',
      { 'X-Reason': 'r', 'Content-Type': 'application/json; charset=utf-8' },
    ]);
    expect(readByKong('kong.response.exit', 503, { a: 1 }, { 'content-type': 'a/b' })).toEqual([
      503,
      '{"a":1}',
      { 'content-type': 'a/b' },
    ]);
  });

  it.each<[string, string, unknown[]]>([
    ['a method that the protocol does not have', 'kong.service.set_retries', [0]],
    ['a function', 'kong.service.set_target', [() => undefined, 1]],
    ['a port as text', 'kong.service.set_target', ['127.0.0.1', '80']],
    ['a port that is no integer', 'kong.service.set_target', ['127.0.0.1', 1.5]],
    ['a header of null', 'kong.service.request.set_header', ['Host', null]],
    ['a status as text', 'kong.response.exit', ['503', 'x']],
  ])('is refused with %s', (_what, method, args) => {
    expect(() => encodeKitCall({ method, args })).toThrow(
      expect.objectContaining({ name: 'UnsendableError' }),
    );
  });

  it('reads results, and an absent one as undefined', () => {
    const getHeader = kitMethod('kong.request.get_header');

    expect(getHeader.decode(kongsMethods.get('kong.request.get_header')!.encode('v'))).toBe('v');
    expect(getHeader.decode(Buffer.alloc(0))).toBeUndefined();
    expect(() => getHeader.decode(Buffer.from([0xff]))).toThrow('is no String');
    expect(() => kitMethod('kong.service.set_target').decode(Buffer.from([8, 1]))).toThrow(
      'has no result',
    );
  });
});

describe('calls and answers', () => {
  it('come back as they went, with numbers of more than 32 bits', () => {
    const sequence = 2 ** 40 + 1;
    const call = decodeCall(
      encodeCall({
        sequence,
        cmd_handle_event: { instance_id: 2 ** 31 - 1, event_name: 'access' },
      }),
    );

    expect(Number(call.sequence)).toBe(sequence);
    expect(call.cmd_handle_event).toMatchObject({ instance_id: 2 ** 31 - 1, event_name: 'access' });
    const answer = decodeReturn(encodeReturn({ sequence: call.sequence }));
    expect(Number(answer.sequence)).toBe(sequence);
    expect(answer.instance_status ?? undefined).toBeUndefined();
  });
});

describe('frames', () => {
  it('come out whole and in order, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (messages, cuts) => {
          const stream = Buffer.concat(messages.map(frame));
          const found: Buffer[] = [];
          const decoder = createFrameDecoder((bytes) => found.push(Buffer.from(bytes)));
          for (let at = 0, index = 0; at < stream.length; index += 1) {
            const size = cuts[index % cuts.length]!;
            decoder.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(found).toEqual(messages.map((bytes) => Buffer.from(bytes)));
        },
      ),
    );
  });

  it('are refused from their length on where they are too large', () => {
    const decoder = createFrameDecoder(() => undefined, { maxFrameBytes: 100 });

    decoder.push(frame(Buffer.alloc(100)));
    expect(() => decoder.push(Buffer.from([101, 0, 0, 0]))).toThrow('too large');
  });

  it('keep no chunk that may be written over', () => {
    const found: string[] = [];
    const decoder = createFrameDecoder((bytes) => found.push(bytes.toString()));
    const chunk = frame(Buffer.from('abcdef'));

    decoder.push(chunk.subarray(0, 7));
    const rest = Buffer.from(chunk.subarray(7));
    chunk.fill(0);
    decoder.push(rest);

    expect(found).toEqual(['abcdef']);
  });
});

describe('ids', () => {
  it('fit into 31 bits, and no process gives what one before it gave', () => {
    const start = Date.UTC(2026, 10, 30);
    const given = new Set<number>();
    for (let life = 0; life < 200; life += 1) {
      const ids = createIds(start + life * 150);
      for (let n = 0; n < 200; n += 1) given.add(ids.next());
    }

    expect(given.size).toBe(200 * 200);
    for (const id of given) expect(id).toBe(id & 0x7fffffff);
  });

  it('begin anew where the range ends', () => {
    const ids = createIds(2 ** 31 * (100 / 256) - 1);
    const first = ids.next();

    for (let n = 0; n < 255; n += 1) ids.next();

    expect(first).toBeGreaterThan(2 ** 31 - 256);
    expect(ids.next()).toBeLessThan(256);
  });
});
