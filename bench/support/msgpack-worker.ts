/** A Kong worker that speaks MsgPack, as to the stock server. */
import type { Socket } from 'node:net';

import { decode, encode } from '@msgpack/msgpack';

import { apply, type Outcome } from './kong-worker';
import { PendingAnswer, SocketWorker } from './socket-worker';

interface StepReply {
  readonly Data: 'ret' | { readonly Method: string; readonly Args: readonly unknown[] };
  readonly EventId: number;
}

export class MsgpackWorker extends SocketWorker<Connection> {
  #msgid = 0;

  protected wrap(socket: Socket): Connection {
    return new Connection(socket);
  }

  protected async start(Name: string, Config: string): Promise<number> {
    const started = await this.#call('plugin.StartInstance', { Name, Config });
    return (started as { readonly Id: number }).Id;
  }

  protected async run(InstanceId: number, outcome: Outcome): Promise<void> {
    const event = { InstanceId, EventName: 'access' };
    let reply = (await this.#call('plugin.HandleEvent', event)) as StepReply;
    for (outcome.roundTrips = 1; reply.Data !== 'ret'; outcome.roundTrips += 1) {
      const { Method, Args } = reply.Data;
      if (apply(outcome, Method, Args)) break;
      reply = (await this.#call('plugin.Step', { EventId: reply.EventId })) as StepReply;
    }
  }

  async #call(method: string, argument: unknown): Promise<unknown> {
    const connection = await this.take();
    this.#msgid += 1;
    const result = await connection.call(this.#msgid, method, argument);
    this.giveBack(connection);
    return result;
  }
}

class Connection {
  readonly #answer: PendingAnswer<unknown>;
  #parts: Buffer[] = [];

  constructor(readonly socket: Socket) {
    this.#answer = new PendingAnswer(socket);
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
  }

  call(msgid: number, method: string, argument: unknown): Promise<unknown> {
    return this.#answer.wait(() => this.socket.write(encode([0, msgid, method, [argument]])));
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
    if (typeof reply[2] === 'string') this.#answer.reject(new Error(reply[2]));
    else this.#answer.resolve(reply[3]);
  }
}
