/** Streams of requests as Kong writes them, and as anybody else could. */
import { decodeMulti, encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';

import { mutateBytes } from './engine/mutate-bytes';
import { mutateJson, type Json } from './engine/mutate-json';
import type { Random } from './engine/random';
import { filesBelow, jsonOf, lazily } from './seeds';

interface Recording {
  readonly connections: readonly {
    readonly messages: readonly {
      readonly from: string;
      readonly hex_chunks?: readonly string[];
    }[];
  }[];
}

/** What Kong sent on each connection of the recordings. */
const recordedStreams = lazily((): readonly Buffer[] =>
  filesBelow('test/fixtures/plugin-server/wire/scenarios', /\.json$/)
    .flatMap((path) =>
      (jsonOf(path) as Recording).connections.map(({ messages }) =>
        Buffer.concat(
          messages
            .filter(({ from }) => from === 'kong')
            .map(({ hex_chunks: chunks = [] }) => Buffer.from(chunks.join(''), 'hex')),
        ),
      ),
    )
    .filter(({ length }) => length > 0 && length < 20_000),
);

/** Ids belong to the server: these stand for the last ones it gave. */
export const lastInstance = 0x1_0000_0001;
export const lastEvent = 0x1_0000_0002;

/** The same with the ids of whichever server is asked. */
const livelyStreams = lazily((): readonly Buffer[] =>
  recordedStreams().map((stream) =>
    encoded(
      [...decodeMulti(stream)].map((frame) => {
        const [type, msgid, method, args] = frame as [number, number, string, unknown[]];
        return [type, msgid, method, args.map(withStandIns)];
      }),
    ),
  ),
);

function withStandIns(argument: unknown): unknown {
  if (typeof argument === 'number') return lastInstance;
  const { InstanceId, EventId } = argument as Readonly<Record<string, unknown>>;
  return {
    ...(argument as object),
    ...(InstanceId === undefined ? {} : { InstanceId: lastInstance }),
    ...(EventId === undefined ? {} : { EventId: lastEvent }),
  };
}

const instances = ['none', 'set_target_then_host', 'exit', 'throw', 'values', 'parallel_calls'];

/** One session: an instance, an event, and answers to its calls, with something wrong in it. */
export function sessionOf(random: Random): readonly Json[] {
  const behaviour = random.pick(instances);
  const config = JSON.stringify({ behaviour, host: '127.0.0.1', port: 80, value: 'v', __seq__: 1 });
  const mesh = JSON.stringify({ service: 'orders', address: 'auto', host_header: 'preserve' });
  const start = random.chance(0.6)
    ? { Name: 'sample', Config: config }
    : { Name: 'mesh-upstream', Config: mesh };
  const frames: Json[] = [[0, 1, 'plugin.StartInstance', [start]]];
  let msgid = 2;
  for (let events = random.few(3); events > 0; events -= 1) {
    const phase = random.pick(['access', 'access', 'access', 'log', 'rewrite', 'response']);
    frames.push([
      0,
      msgid++,
      'plugin.HandleEvent',
      [{ InstanceId: lastInstance, EventName: phase }],
    ]);
    for (let steps = random.int(6); steps > 0; steps -= 1) {
      const method = random.pick(['Step', 'Step', 'StepMultiMap', 'StepError', 'StepService']);
      const data = random.pick<Json>([null, true, 'text', 7, [], { name: 'x' }]);
      frames.push([0, msgid++, `plugin.${method}`, [{ EventId: lastEvent, Data: data }]]);
    }
  }
  if (random.chance(0.3)) frames.push([0, msgid++, 'plugin.CloseInstance', [lastInstance]]);
  if (random.chance(0.1)) frames.push([0, msgid++, 'plugin.GetStatus', []]);
  if (random.chance(0.2)) frames.push([2, 'serverPid', 1]);
  return frames;
}

/** A session as bytes, changed as values, as bytes, both or not at all. */
export function streamOf(random: Random): Buffer {
  if (random.chance(0.1)) return arbitraryStream(random);
  let bytes: Buffer;
  if (random.chance(0.5))
    bytes = random.pick(random.chance(0.3) ? recordedStreams() : livelyStreams());
  else {
    const frames = sessionOf(random) as Json[];
    const changed = random.chance(0.6) ? mutateJson(frames, random) : frames;
    bytes = encoded(Array.isArray(changed) ? changed : [changed]);
  }
  return random.chance(0.5) ? mutateBytes(bytes, random, recordedStreams()) : bytes;
}

export function encoded(frames: readonly unknown[]): Buffer {
  return Buffer.concat(frames.map((frame) => Buffer.from(encode(frame, { maxDepth: 10_000 }))));
}

/** Any values in frames: every type, every length of length. */
function arbitraryStream(random: Random): Buffer {
  const value = fc.anything({
    withNullPrototype: false,
    values: [
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array(),
    ],
  });
  const frames = fc.array(fc.array(value, { maxLength: 5 }), { maxLength: 4 });
  const [sample = []] = fc.sample(frames, { seed: random.int(2 ** 31), numRuns: 1 });
  return encoded(sample);
}
