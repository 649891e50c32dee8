import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { kitMethods } from '../../../sandbox/gateway/plugin-client/protobuf/kit-methods';
import {
  DecodedMessage,
  encodeFields,
  type Field,
} from '../../../sandbox/gateway/plugin-client/protobuf/wire';

/** Fields of Kong's RpcCall. */
export const command = { names: 31, info: 32, start: 33, close: 35, event: 36 };

export type KitCall = readonly [method: string, ...args: unknown[]];

export interface EventEnd {
  readonly calls: readonly KitCall[];
  /** Waits of Kong's for the server: reads for which nothing was there yet. */
  readonly roundTrips: number;
  /** Kong's word: the event's own answer, an exit, or the error that it goes on with. */
  readonly end: string;
}

/** One connection to a plugin server as Kong has it, bytes and all. Waits are bounded by the test's own timeout. */
export class RawClient {
  readonly socket: Socket;
  closed = false;
  #bytes = Buffer.alloc(0);
  #sequence = 0;
  #changed: () => void = () => undefined;

  static async open(path: string): Promise<RawClient> {
    // A server may end its side alone.
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    const changed = (): void => this.#changed();
    const close = (): void => {
      this.closed = true;
      changed();
    };
    socket.on('error', close).on('close', close).on('end', close);
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      changed();
    });
  }

  /** @returns its sequence. */
  send(field: number, message: readonly Field[]): number {
    this.#sequence += 1;
    this.socket.write(rpcCall(this.#sequence, field, message));
    return this.#sequence;
  }

  /** The next frame; rejects when the connection ends instead. */
  async frame(): Promise<Buffer> {
    for (;;) {
      const end = this.#bytes.length < 4 ? Infinity : 4 + this.#bytes.readUInt32LE();
      if (this.#bytes.length >= end) {
        const bytes = this.#bytes.subarray(4, end);
        this.#bytes = this.#bytes.subarray(end);
        return bytes;
      }
      if (this.closed) throw new Error('closed');
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  async call(field: number, message: readonly Field[]): Promise<DecodedMessage> {
    const sequence = this.send(field, message);
    const answer = new DecodedMessage(await this.frame());
    mustBe(answer.number(1), sequence);
    return answer;
  }

  /** @returns the instance's id; rejects where the server refuses. */
  async start(name: string, config: object | string): Promise<number> {
    const json = typeof config === 'string' ? config : JSON.stringify(config);
    const answer = await this.call(command.start, [
      [1, name],
      [2, json],
    ]);
    return answer.message(33).number(2);
  }

  async names(): Promise<readonly string[]> {
    const answer = await this.call(command.names, []);
    return answer.message(31).all.map(([, name]) => Buffer.from(name as Uint8Array).toString());
  }

  /** @param results of calls by method name; all others are nil. */
  async event(
    id: number,
    phase = 'access',
    results: Readonly<Record<string, unknown>> = {},
  ): Promise<EventEnd> {
    const sequence = this.send(command.event, [
      [1, id],
      [2, phase],
    ]);
    const calls: KitCall[] = [];
    let roundTrips = 0;
    const read = (): Promise<Buffer> => {
      if (this.#bytes.length === 0) roundTrips += 1;
      return this.frame();
    };
    try {
      for (;;) {
        const name = (await read()).toString('utf8');
        if (name === '') break;
        const args = await read();
        const method = kitMethods.get(name);
        if (!method) return { calls, roundTrips, end: `method "${name}" not found` };
        calls.push([name, ...method.decode(args)]);
        if (name === 'kong.response.exit') return { calls, roundTrips, end: 'exit' };
        this.reply(method.encode(results[name]));
      }
      const answer = new DecodedMessage(await read());
      mustBe(answer.number(1), sequence);
      return { calls, roundTrips, end: 'returned' };
    } catch (error) {
      return { calls, roundTrips, end: (error as Error).message };
    }
  }

  /** Length and bytes apart, as Kong writes them. */
  reply(bytes: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    this.socket.write(length);
    if (bytes.length > 0) this.socket.write(bytes);
  }

  async untilClosed(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  close(): void {
    this.socket.destroy();
  }
}

function mustBe(sequence: number, expected: number): void {
  if (sequence !== expected) throw new Error(`the answer to ${sequence} came for ${expected}`);
}

/** An RpcCall in its frame. */
export function rpcCall(sequence: number, field: number, message: readonly Field[]): Buffer {
  return framed(
    encodeFields([
      [1, sequence],
      [field, encodeFields(message)],
    ]),
  );
}

export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}
