/** What a Kong worker does in either protocol: it starts instances once, and keeps connections open between events. */
import { connect, type Socket } from 'node:net';

import { repeatWhileLost, type KongWorker, type Outcome, type PluginConfig } from './kong-worker';

export abstract class SocketWorker<C extends { readonly socket: Socket }> implements KongWorker {
  readonly #idle: C[] = [];
  readonly #instances = new Map<string, number>();

  constructor(private readonly socketPath: string) {}

  access(plugin: PluginConfig): Promise<Outcome> {
    return repeatWhileLost(
      async (outcome) => this.run(await this.#instanceOf(plugin), outcome),
      () => this.#instances.clear(),
    );
  }

  close(): void {
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
  }

  /** @returns the id of an instance with this configuration. */
  protected abstract start(name: string, config: string): Promise<number>;
  /** The access event of one request. */
  protected abstract run(instance: number, outcome: Outcome): Promise<void>;
  protected abstract wrap(socket: Socket): C;

  /** A connection for as long as it is needed. */
  protected take(): C | Promise<C> {
    return this.#idle.pop() ?? this.#open();
  }

  /** It may be taken again. */
  protected giveBack(connection: C): void {
    this.#idle.push(connection);
  }

  async #open(): Promise<C> {
    const socket = connect(this.socketPath);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return this.wrap(socket);
  }

  async #instanceOf({ name = 'mesh-upstream', key, config }: PluginConfig): Promise<number> {
    const known = this.#instances.get(key);
    if (known !== undefined) return known;
    const id = await this.start(name, JSON.stringify({ ...config, __key__: key, __seq__: 2 }));
    this.#instances.set(key, id);
    return id;
  }
}

/** The one answer that is waited for on a connection. */
export class PendingAnswer<T> {
  #waiting: { resolve: (value: T) => void; reject: (error: Error) => void } | undefined;

  constructor(private readonly socket: Socket) {
    const lost = (): void => this.reject(new Error('closed'));
    socket.on('error', lost).on('close', lost);
  }

  get isAwaited(): boolean {
    return this.#waiting !== undefined;
  }

  /** @param ask sends what is answered, where the connection still is there. */
  wait(ask: () => void = () => undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.socket.writable) {
        reject(new Error('closed'));
        return;
      }
      this.#waiting = { resolve, reject };
      ask();
    });
  }

  resolve(value: T): void {
    this.#take()?.resolve(value);
  }

  reject(error: Error): void {
    this.#take()?.reject(error);
  }

  #take() {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
