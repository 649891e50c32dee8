/** Bytes of the plugin server's socket → frames. */
import { isDeepStrictEqual } from 'node:util';

import { decodeMulti } from '@msgpack/msgpack';

import { createFrameDecoder } from '../../../plugin-server/frame-decoder';
import { ProtocolError } from '../../../plugin-server/message-pack-reader';
import { splitBytes } from '../engine/mutate-bytes';
import { Random } from '../engine/random';
import { must, pure, type Target } from '../target';
import { streamOf } from '../wire';

interface Decoded {
  readonly frames: readonly unknown[];
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
    const reference = decodedByLibrary(input, whole.frames.length);
    // Of texts that are no UTF-8 the library makes something else.
    if (reference && whole.frames.every(isPlain))
      must(isDeepStrictEqual(whole.frames, reference), 'a frame reads differently');
    return whole.frames.length > 0;
  }),
};

function decode(chunks: readonly Buffer[]): Decoded {
  const found: unknown[] = [];
  const decoder = createFrameDecoder((frame) => {
    must(Array.isArray(frame), 'a frame is no array');
    found.push(frame);
  });
  try {
    for (const chunk of chunks) decoder.push(chunk);
    return { frames: found, failed: false };
  } catch (error) {
    if (error instanceof ProtocolError) return { frames: found, failed: true };
    throw error;
  }
}

/** @returns undefined where the library refuses, or leaves texts that are no UTF-8 open. */
function decodedByLibrary(input: Buffer, count: number): readonly unknown[] | undefined {
  const found: unknown[] = [];
  try {
    for (const value of decodeMulti(new Uint8Array(input))) {
      if (found.length === count) break;
      found.push(value);
    }
  } catch {
    if (found.length < count) return undefined;
  }
  return found.every(isPlain) ? found : undefined;
}

/** What both must read alike: no extension types, and texts that are valid. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return !/[\uFFFD\uD800-\uDFFF]/.test(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  if (value instanceof Date || 'type' in value) return false;
  return Object.entries(value).every(([key, item]) => isPlain(key) && isPlain(item));
}
