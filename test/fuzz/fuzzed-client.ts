/**
 * A connection without a system in between: what is written is there at once. Reads what the server
 * writes as Kong would, and minds that it could.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

import { kitMethods } from '../../sandbox/gateway/plugin-client/protobuf/kit-methods';
import { DecodedMessage } from '../../sandbox/gateway/plugin-client/protobuf/wire';
import { command, framed, rpcCall } from '../plugin-server/support/raw-client';
import { Random } from './engine/random';
import { must } from './target';
import { putInstance } from './wire';

/** What the server has to write next. */
type Expected = 'nothing' | 'name' | 'arguments' | 'return';

export class FuzzedClient {
  /** Answers to calls so far. */
  answers = 0;
  readonly #socket: EventEmitter & { writable: boolean };
  #received = Buffer.alloc(0);
  #unsentFrames = Buffer.alloc(0);
  /** Frames that the server has, of which it is not known yet what it took them for. */
  readonly #pending: Buffer[] = [];
  #expected: Expected = 'nothing';
  #sequence = 0;
  #owedReplies = 0;
  #ended = false;
  #method = '';
  #instance: number | undefined;
  #calls: string[] = [];

  constructor(serve: (socket: Socket) => void) {
    const emitter = new EventEmitter() as EventEmitter & { writable: boolean };
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      emitter.writable = false;
      emitter.emit('close');
    };
    this.#socket = Object.assign(emitter, {
      writable: true,
      writableLength: 0,
      write: (bytes: Buffer) => {
        must(emitter.writable && !this.#ended, 'something is written to a closed connection');
        this.#receive(bytes);
        return true;
      },
      end: () => {
        this.#ended = true;
        emitter.writable = false;
      },
      destroy: close,
    });
    serve(this.#socket as unknown as Socket);
  }

  get #open(): boolean {
    return this.#socket.writable && !this.#ended;
  }

  /** In pieces; the stand-in for an id becomes what the server last gave. */
  async send(input: Buffer): Promise<void> {
    const random = new Random(input.toString('latin1'));
    const longest = random.pick([1, 9, 4096, 65_536]);
    for (let rest = Buffer.from(input); rest.length > 0 && this.#open;) {
      const size = 1 + random.int(Math.min(longest, rest.length));
      const frames = this.#note(rest.subarray(0, size));
      this.#socket.emit('data', Buffer.from(rest.subarray(0, size)));
      rest = rest.subarray(size);
      if (frames === 0) continue;
      await new Promise(setImmediate);
      if (this.#instance !== undefined) putInstance(rest, this.#instance);
    }
  }

  async start(name: string, config: string): Promise<number | undefined> {
    const start = rpcCall(1, command.start, [
      [1, name],
      [2, config],
    ]);
    await this.send(start);
    return this.#instance;
  }

  /** @returns the calls with their arguments. */
  async event(id: number): Promise<readonly string[]> {
    await this.send(
      rpcCall(2, command.event, [
        [1, id],
        [2, 'access'],
      ]),
    );
    const calls = [...this.#calls];
    await this.send(Buffer.concat(calls.map(() => framed(Buffer.alloc(0)))));
    return calls;
  }

  /** Kong waits for each answer; only on a closed connection it knows that none will come. */
  mustBeAnswered(): void {
    const waits = this.#expected !== 'nothing' || this.#takeCall();
    must(!this.#open || !waits, 'a call is never answered');
    must(this.#received.length === 0, 'a frame is cut off');
  }

  /** What the server will take the bytes for. @returns how many frames end in them. */
  #note(bytes: Buffer): number {
    this.#unsentFrames = Buffer.concat([this.#unsentFrames, bytes]);
    let count = 0;
    for (; this.#unsentFrames.length >= 4; count += 1) {
      const end = 4 + this.#unsentFrames.readUInt32LE();
      if (this.#unsentFrames.length < end) break;
      const message = this.#unsentFrames.subarray(4, end);
      this.#unsentFrames = this.#unsentFrames.subarray(end);
      this.#pending.push(message);
    }
    return count;
  }
  /** Of frames that came in one chunk the server answers each before it looks at the next one. */
  #takeCall(): boolean {
    for (let next = this.#pending.shift(); next; next = this.#pending.shift()) {
      if (this.#owedReplies > 0) {
        this.#owedReplies -= 1;
        continue;
      }
      const call = readable(next);
      this.#sequence = call?.number(1) ?? NaN;
      this.#expected = call?.has(command.event) === true ? 'name' : 'return';
      this.#calls = [];
      return true;
    }
    return false;
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readUInt32LE();
      if (this.#received.length < end) return;
      this.#frame(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
  }

  #frame(frame: Buffer): void {
    if (this.#expected === 'nothing' && !this.#takeCall())
      must(false, 'nobody asked for an answer');
    switch (this.#expected) {
      case 'name':
        this.#method = frame.toString('utf8');
        this.#expected = frame.length === 0 ? 'return' : 'arguments';
        return;
      case 'arguments':
        this.#expected = 'name';
        if (this.#method.startsWith('no plugin instance')) return;
        this.#owedReplies += 1;
        this.#calls.push([this.#method, ...argumentsOf(this.#method, frame)].join(' '));
        return;
      default: {
        const answer = new DecodedMessage(frame);
        const isOurs = Number.isNaN(this.#sequence) || answer.number(1) === this.#sequence;
        must(isOurs, 'an answer is to another call');
        if (answer.has(33)) this.#instance = answer.message(33).number(2);
        this.answers += 1;
        this.#expected = 'nothing';
      }
    }
  }
}

function argumentsOf(method: string, bytes: Buffer): readonly unknown[] {
  const kit = kitMethods.get(method);
  must(kit !== undefined, `Kong has no ${method}`);
  return kit.decode(bytes);
}

function readable(bytes: Buffer): DecodedMessage | undefined {
  try {
    return new DecodedMessage(bytes);
  } catch {
    return undefined;
  }
}
