/**
 * Kong's side of the plugin server's socket, as lean as a measurement needs it: one request in flight
 * per connection, instances cached per worker and config, "no plugin instance" answered by starting
 * over. It shares no code with the server it measures.
 */
import { connect, type Socket } from 'node:net';

import { decode, encode } from '@msgpack/msgpack';

export interface PluginConfig {
  /** Default `mesh-upstream`. */
  readonly name?: string;
  readonly key: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What the plugin did to one request. */
export interface Outcome {
  target?: { readonly host: string; readonly port: number };
  host?: string;
  exit?: number;
  /** Kong would send the request on to the service's own address. */
  failedOpen?: string;
  calls: number;
}

interface StepReply {
  readonly Data: 'ret' | { readonly Method: string; readonly Args: readonly unknown[] };
  readonly EventId: number;
}

export class KongWorker {
  readonly #socketPath: string;
  readonly #idle: Connection[] = [];
  readonly #instances = new Map<string, number>();
  #msgid = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** The access phase of one request, through to its end. */
  async access(plugin: PluginConfig): Promise<Outcome> {
    const outcome: Outcome = { calls: 0 };
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        const InstanceId = await this.#instanceOf(plugin);
        let reply = await this.#call('plugin.HandleEvent', { InstanceId, EventName: 'access' });
        while (reply.Data !== 'ret') {
          outcome.calls += 1;
          if (apply(outcome, reply.Data)) break;
          reply = await this.#call('plugin.Step', { EventId: reply.EventId });
        }
        return outcome;
      } catch (error) {
        const cause = String(error);
        if (!/no plugin instance|closed/i.test(cause)) {
          outcome.failedOpen = cause;
          return outcome;
        }
        this.#instances.clear();
      }
    }
    outcome.failedOpen = 'too many attempts';
    return outcome;
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

/** @returns whether the request ends here, without another step. */
function apply(
  outcome: Outcome,
  { Method, Args }: { readonly Method: string; readonly Args: readonly unknown[] },
): boolean {
  if (Method === 'kong.service.set_target') {
    outcome.target = { host: String(Args[0]), port: Number(Args[1]) };
  } else if (Method === 'kong.service.request.set_header') {
    outcome.host = String(Args[1]);
  } else if (Method === 'kong.response.exit') {
    outcome.exit = Number(Args[0]);
    return true;
  }
  return false;
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
