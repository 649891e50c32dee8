/** A Kong worker that speaks MsgPack, as to the stock server. */
import { connect, type Socket } from 'node:net';

import { decode, encode } from '@msgpack/msgpack';

import {
  apply,
  repeatWhileLost,
  type KongWorker,
  type Outcome,
  type PluginConfig,
} from './kong-worker';

interface StepReply {
  readonly Data: 'ret' | { readonly Method: string; readonly Args: readonly unknown[] };
  readonly EventId: number;
}

export class MsgpackWorker implements KongWorker {
  readonly #socketPath: string;
  readonly #idle: Connection[] = [];
  readonly #instances = new Map<string, number>();
  #msgid = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  access(plugin: PluginConfig): Promise<Outcome> {
    return repeatWhileLost(
      async (outcome) => {
        const InstanceId = await this.#instanceOf(plugin);
        let reply = await this.#call('plugin.HandleEvent', { InstanceId, EventName: 'access' });
        for (outcome.roundTrips = 1; reply.Data !== 'ret'; outcome.roundTrips += 1) {
          const { Method, Args } = reply.Data;
          if (apply(outcome, Method, Args)) break;
          reply = await this.#call('plugin.Step', { EventId: reply.EventId });
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
    const Config = JSON.stringify({ ...config, __key__: key, __seq__: 2 });
    const started = await this.#call('plugin.StartInstance', { Name: name, Config });
    const { Id } = started as unknown as { readonly Id: number };
    this.#instances.set(key, Id);
    return Id;
  }

  async #call(method: string, argument: unknown): Promise<StepReply> {
    const connection = this.#idle.pop() ?? (await Connection.open(this.#socketPath));
    this.#msgid += 1;
    const result = await connection.call(this.#msgid, method, argument);
    this.#idle.push(connection);
    return result as StepReply;
  }
}

class Connection {
  readonly socket: Socket;
  #pending: { resolve: (value: unknown) => void; reject: (error: Error) => void } | undefined;
  #parts: Buffer[] = [];

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
      this.#receive(chunk);
    });
    const lost = (): void => {
      this.#pending?.reject(new Error('closed'));
      this.#pending = undefined;
    };
    socket.on('error', lost).on('close', lost);
  }

  async call(msgid: number, method: string, argument: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.socket.writable) {
        reject(new Error('closed'));
        return;
      }
      this.#pending = { resolve, reject };
      this.socket.write(encode([0, msgid, method, [argument]]));
    });
  }

  #receive(chunk: Buffer): void {
    this.#parts.push(chunk);
    let reply: [number, number, unknown, unknown];
    try {
      reply = decode(this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts)) as typeof reply;
    } catch {
      return;
    }
    this.#parts = [];
    const pending = this.#pending;
    this.#pending = undefined;
    if (typeof reply[2] === 'string') pending?.reject(new Error(reply[2]));
    else pending?.resolve(reply[3]);
  }
}
