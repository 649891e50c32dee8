/** A Kong worker that speaks ProtoBuf: reads calls until their end, and answers each at once. */
import type { Socket } from 'node:net';

import { kitMethods } from '../../sandbox/gateway/plugin-client/protobuf/kit-methods';
import {
  DecodedMessage,
  encodeFields,
  type Field,
} from '../../sandbox/gateway/plugin-client/protobuf/wire';
import { apply, type Outcome } from './kong-worker';
import { PendingAnswer, SocketWorker } from './socket-worker';

const field = { start: 33, event: 36, status: 33 };
const noReply = Buffer.alloc(4);

/** What Kong answers to calls with a result. */
const results: Readonly<Record<string, unknown>> = { 'kong.request.get_header': 'client.example' };

/** The same few calls come again and again: what they mean is worked out once. */
const known = new Map<string, readonly unknown[]>();

export class ProtobufWorker extends SocketWorker<Connection> {
  #sequence = 0;

  protected wrap(socket: Socket): Connection {
    return new Connection(socket);
  }

  protected async start(name: string, config: string): Promise<number> {
    const connection = await this.take();
    connection.call((this.#sequence += 1), field.start, [
      [1, name],
      [2, config],
    ]);
    const status = new DecodedMessage(await connection.read()).message(field.status);
    this.giveBack(connection);
    return status.number(2);
  }

  protected async run(instance: number, outcome: Outcome): Promise<void> {
    const connection = await this.take();
    const event: readonly Field[] = [
      [1, instance],
      [2, 'access'],
    ];
    connection.call((this.#sequence += 1), field.event, event);
    if (await followCalls(connection, outcome)) this.giveBack(connection);
  }
}

/** @returns whether the connection may be used again. */
async function followCalls(connection: Connection, outcome: Outcome): Promise<boolean> {
  for (;;) {
    if (!connection.hasFrame) outcome.roundTrips += 1;
    const name = (await connection.read()).toString('latin1');
    if (name === '') break;
    const bytes = await connection.read();
    if (!name.startsWith('kong.')) throw new Error(name);
    const key = `${name} ${bytes.toString('latin1')}`;
    const args = known.get(key) ?? kitMethods.get(name)?.decode(bytes) ?? [];
    if (known.size < 10_000) known.set(key, args);
    if (apply(outcome, name, args)) {
      connection.socket.destroy();
      return false;
    }
    connection.reply(name);
  }
  await connection.read();
  return true;
}

class Connection {
  readonly #frame: PendingAnswer<Buffer>;
  #received: Buffer = Buffer.alloc(0);

  constructor(readonly socket: Socket) {
    this.#frame = new PendingAnswer(socket);
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      if (this.#frame.isAwaited && this.hasFrame) this.#frame.resolve(this.#take());
    });
  }

  get hasFrame(): boolean {
    const { length } = this.#received;
    return length >= 4 && length >= 4 + this.#received.readUInt32LE();
  }

  call(sequence: number, number: number, message: readonly Field[]): void {
    const bytes = encodeFields([
      [1, sequence],
      [number, encodeFields(message)],
    ]);
    this.#write(bytes);
  }

  reply(method: string): void {
    if (!(method in results)) {
      this.socket.write(noReply);
      return;
    }
    const bytes = kitMethods.get(method)?.encode(results[method]) ?? Buffer.alloc(0);
    this.#write(bytes);
  }

  /** The next frame; a promise only where it is not here yet. */
  read(): Buffer | Promise<Buffer> {
    return this.hasFrame ? this.#take() : this.#frame.wait();
  }

  /** Length and bytes apart, as Kong writes them. */
  #write(bytes: Uint8Array): void {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    this.socket.write(length);
    this.socket.write(bytes);
  }

  #take(): Buffer {
    const end = 4 + this.#received.readUInt32LE();
    const frame = this.#received.subarray(4, end);
    this.#received = this.#received.subarray(end);
    return frame;
  }
}
