/** What ends an event, and an event that is known from its start to its end before it begins. */
import { frame } from './frames';
import { encodeKitCall, type Call } from './kit-methods';
import { encodeReturn, type Sequence } from './protocol';

/** In the place of a method's name: no more calls. */
const noMoreCalls = frame(Buffer.alloc(0));

/** The end of the calls, and the answer to the event, which must bear its number. */
export function encodeEnd(sequence: Sequence): Buffer {
  return Buffer.concat([noMoreCalls, frame(encodeReturn({ sequence }))]);
}

/** What a plugin knows to answer to any request, without asking Kong for anything. */
export interface PreparedAnswer {
  /** In order. */
  readonly calls: readonly Call[];
  /** Called for each request that is answered so. */
  count(): void;
}

/** All bytes of an answer but the event's number. */
export interface EncodedAnswer {
  readonly calls: Buffer;
}

/** @throws UnsendableError */
export function encodeAnswer(prepared: PreparedAnswer): EncodedAnswer {
  return { calls: Buffer.concat(prepared.calls.map(encodeKitCall)) };
}

export function stamp({ calls }: EncodedAnswer, sequence: Sequence): Buffer {
  return Buffer.concat([calls, encodeEnd(sequence)]);
}
