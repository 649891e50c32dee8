/** A Kong worker that speaks ProtoBuf: reads calls until their end, and answers each at once. */
import { connect, type Socket } from 'node:net';

import { kitMethods } from '../../sandbox/gateway/plugin-client/protobuf/kit-methods';
import {
  DecodedMessage,
  encodeFields,
  type Field,
} from '../../sandbox/gateway/plugin-client/protobuf/wire';
import {
  apply,
  repeatWhileLost,
  type KongWorker,
  type Outcome,
  type PluginConfig,
} from './kong-worker';

const field = { start: 33, event: 36, status: 33 };
const noReply = Buffer.alloc(4);

/** What Kong answers to calls with a result. */
const results: Readonly<Record<string, unknown>> = { 'kong.request.get_header': 'client.example' };

/** The same few calls come again and again: what they mean is worked out once. */
const known = new Map<string, readonly unknown[]>();

export class ProtobufWorker implements KongWorker {
  readonly #idle: Connection[] = [];
  readonly #instances = new Map<string, number>();
  #sequence = 0;

  constructor(private readonly socketPath: string) {}

  access(plugin: PluginConfig): Promise<Outcome> {
    return repeatWhileLost(
      async (outcome) => {
        const id = await this.#instanceOf(plugin);
        const connection = await this.#take();
        const event: readonly Field[] = [
          [1, id],
          [2, 'access'],
        ];
        connection.call((this.#sequence += 1), field.event, event);
        if (await followCalls(connection, outcome)) {
          this.#idle.push(connection);
        }
      },
      () => this.#instances.clear(),
    );
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.socket.destroy();
  }

  async #instanceOf({ name = 'mesh-upstream', key, config }: PluginConfig): Promise<number> {
    const known = this.#instances.get(key);
    if (known !== undefined) return known;
    const json = JSON.stringify({ ...config, __key__: key, __seq__: 2 });
    const connection = await this.#take();
    connection.call((this.#sequence += 1), field.start, [
      [1, name],
      [2, json],
    ]);
    const status = new DecodedMessage(await connection.read()).message(field.status);
    this.#idle.push(connection);
    const id = status.number(2);
    this.#instances.set(key, id);
    return id;
  }

  #take(): Connection | Promise<Connection> {
    return this.#idle.pop() ?? Connection.open(this.socketPath);
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
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void } | undefined;

  static async open(path: string): Promise<Connection> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Connection(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      if (this.#waiting && this.hasFrame) {
        const { resolve } = this.#waiting;
        this.#waiting = undefined;
        resolve(this.#take());
      }
    });
    const lost = (): void => {
      this.#waiting?.reject(new Error('closed'));
      this.#waiting = undefined;
    };
    socket.on('error', lost).on('close', lost);
  }

  get hasFrame(): boolean {
    const { length } = this.#received;
    return length >= 4 && length >= 4 + this.#received.readUInt32LE();
  }

  /** Length and bytes apart, as Kong writes them. */
  call(sequence: number, number: number, message: readonly Field[]): void {
    const bytes = encodeFields([
      [1, sequence],
      [number, encodeFields(message)],
    ]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    this.socket.write(length);
    this.socket.write(bytes);
  }

  reply(method: string): void {
    if (!(method in results)) {
      this.socket.write(noReply);
      return;
    }
    const bytes = kitMethods.get(method)?.encode(results[method]) ?? Buffer.alloc(0);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    this.socket.write(length);
    this.socket.write(bytes);
  }

  /** The next frame; a promise only where it is not here yet. */
  read(): Buffer | Promise<Buffer> {
    if (this.hasFrame) return this.#take();
    return new Promise((resolve, reject) => {
      if (this.socket.writable) this.#waiting = { resolve, reject };
      else reject(new Error('closed'));
    });
  }

  #take(): Buffer {
    const end = 4 + this.#received.readUInt32LE();
    const frame = this.#received.subarray(4, end);
    this.#received = this.#received.subarray(end);
    return frame;
  }
}
