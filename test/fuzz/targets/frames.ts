/** Bytes of the plugin server's socket → frames → messages. */
import { isDeepStrictEqual } from 'node:util';

import { createFrameDecoder } from '../../../plugin-server/frames';
import {
  decodeCall,
  decodeReturn,
  encodeCall,
  ProtocolError,
} from '../../../plugin-server/protocol';
import { DecodedMessage } from '../../../sandbox/gateway/plugin-client/protobuf/wire';
import { splitBytes } from '../engine/mutate-bytes';
import { Random } from '../engine/random';
import { must, pure, type Target } from '../target';
import { streamOf } from '../wire';
import { command } from '../../plugin-server/support/raw-client';

interface Decoded {
  readonly frames: readonly Buffer[];
  readonly failed: boolean;
}

export const frames: Target = {
  name: 'frames',
  weight: 34,
  form: 'bytes',
  generate: streamOf,
  open: pure((input) => {
    const whole = decode([input]);
    const split = decode(splitBytes(input, new Random(input.toString('latin1'))));
    must(whole.failed === split.failed, 'cutting the stream decides whether it is read');
    must(isDeepStrictEqual(whole.frames, split.frames), 'cutting the stream changes what is read');
    for (const bytes of whole.frames) mustReadFairly(bytes);
    return whole.frames.length > 0;
  }),
};

function decode(chunks: readonly Buffer[]): Decoded {
  const found: Buffer[] = [];
  const decoder = createFrameDecoder((bytes) => found.push(Buffer.from(bytes)));
  try {
    for (const chunk of chunks) decoder.push(chunk);
    return { frames: found, failed: false };
  } catch (error) {
    if (error instanceof ProtocolError) return { frames: found, failed: true };
    throw error;
  }
}

/** A message is read or refused, means the same when it is written again, and the same to others. */
function mustReadFairly(bytes: Buffer): void {
  readOrRefuse(() => decodeReturn(bytes));
  const call = readOrRefuse(() => decodeCall(bytes));
  if (!call) return;
  const again = decodeCall(encodeCall(call));
  must(isDeepStrictEqual({ ...again }, { ...call }), 'a call reads differently when written again');
  const other = readByOther(bytes);
  if (!other) return;
  const event = call.cmd_handle_event;
  must(!event || other.has(command.event), 'an event is read where there is none');
  if (event && other.all.filter(([number]) => number === command.event).length === 1) {
    const name = readByOther(other.bytes(command.event))?.text(2);
    must(name === undefined || event.event_name === name, "an event's phase reads differently");
  }
}

function readOrRefuse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** By a codec of its own. Fields that it does not know it refuses; that says nothing. */
function readByOther(bytes: Buffer): DecodedMessage | undefined {
  try {
    return new DecodedMessage(bytes);
  } catch {
    return undefined;
  }
}
