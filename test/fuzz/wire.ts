/** Streams of the plugin server's socket as Kong writes them, and as anybody else could. */
import {
  encodeFields,
  encodeVarint,
  type Field,
} from '../../sandbox/gateway/plugin-client/protobuf/wire';
import { mutateBytes } from './engine/mutate-bytes';
import type { Random } from './engine/random';
import { command, framed, rpcCall } from '../plugin-server/support/raw-client';

/** Ids belong to the server: this stands for the last one it gave, in the bytes that it takes. */
const standIn = 0x7fff_fff1;
const standInBytes = Buffer.concat([Buffer.of(0x08), encodeVarint(standIn)]);

/** The same stream with an id in the place of the stand-in; as long as before. */
export function putInstance(stream: Buffer, id: number): void {
  const bytes = Buffer.of(0x08, 0, 0, 0, 0, 0);
  for (let index = 1, rest = id; index < bytes.length; index += 1, rest = Math.floor(rest / 128)) {
    bytes[index] = (rest % 128) | (index < bytes.length - 1 ? 0x80 : 0);
  }
  for (let at = stream.indexOf(standInBytes); at >= 0; at = stream.indexOf(standInBytes, at + 6)) {
    bytes.copy(stream, at);
  }
}

const behaviours = ['none', 'set_target_then_host', 'exit', 'throw', 'header_then_set_target'];
const rarer = ['parallel_calls', 'unawaited', 'set_upstream', 'unsendable', 'constructor_throw'];

/** One session: an instance, events, and replies to their calls; then something wrong in it, mostly. */
export function streamOf(random: Random): Buffer {
  const frames = sessionOf(random);
  const changed = random.chance(0.5) ? shuffled(frames, random) : frames;
  const stream = Buffer.concat(changed);
  return random.chance(0.5)
    ? mutateBytes(stream, random, [Buffer.concat(sessionOf(random))])
    : stream;
}

function sessionOf(random: Random): Buffer[] {
  let sequence = random.pick([0, 126, 2 ** 31, 2 ** 40]);
  const call = (field: number, message: readonly Field[]): Buffer =>
    rpcCall((sequence += 1), field, message);
  const frames = [call(command.start, startOf(random))];
  for (let events = random.few(3); events > 0; events -= 1) {
    const phase = random.pick([
      'access',
      'access',
      'access',
      'log',
      'rewrite',
      'response',
      'toString',
    ]);
    frames.push(
      call(command.event, [
        [1, standIn],
        [2, phase],
      ]),
    );
    for (let replies = random.int(4); replies > 0; replies -= 1) frames.push(replyOf(random));
  }
  if (random.chance(0.3)) frames.push(call(command.close, [[1, standIn]]));
  if (random.chance(0.2)) frames.push(call(command.names, []));
  if (random.chance(0.2))
    frames.push(call(command.info, [[1, random.pick(['sample', '__proto__'])]]));
  return frames;
}

function startOf(random: Random): readonly Field[] {
  if (random.chance(0.4)) {
    const hostHeader = random.pick(['mesh', 'preserve', 'a.example']);
    const service = random.pick(['orders', 'nobody']);
    return [
      [1, 'mesh-upstream'],
      [2, JSON.stringify({ service, address: 'auto', host_header: hostHeader })],
    ];
  }
  const behaviour = random.pick(random.chance(0.7) ? behaviours : rarer);
  const config = { behaviour, host: '127.0.0.1', port: 80, value: 'v', __seq__: 1 };
  return [
    [1, 'sample'],
    [2, JSON.stringify(config)],
  ];
}

/** Nothing, a text, a truth, or what no method gives. */
function replyOf(random: Random): Buffer {
  const empty = Buffer.alloc(0);
  const text = encodeFields([[1, 'text']]);
  return framed(random.pick([empty, empty, empty, text, encodeFields([[1, 1]]), Buffer.of(0xff)]));
}

/** A frame twice, left out, in another place, or with another length than it says. */
function shuffled(frames: readonly Buffer[], random: Random): readonly Buffer[] {
  const changed = [...frames];
  const at = random.int(changed.length);
  const frame = Buffer.from(changed[at] ?? Buffer.alloc(4));
  switch (random.int(5)) {
    case 0:
      changed.splice(at, 0, frame);
      break;
    case 1:
      changed.splice(at, 1);
      break;
    case 2:
      changed.splice(random.int(changed.length + 1), 0, ...changed.splice(at, 1));
      break;
    case 3:
      frame.writeUInt32LE(random.pick([0, 1, frame.length, 65_536, 2 ** 31, 2 ** 32 - 1]));
      changed[at] = frame;
      break;
    default:
      changed.splice(at, 0, framed(mutateBytes(frame.subarray(4), random, frames)));
  }
  return changed;
}
