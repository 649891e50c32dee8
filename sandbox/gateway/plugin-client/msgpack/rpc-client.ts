import { noData, RpcConnection } from './connection';
import { connectFailure } from '../connect-failure';
import { ConnectionPool } from '../connection-pool';
import { MessageEncoder } from './encoding';
import type { Log } from '../gateway-log';
import { LuaError } from '../lua-error';

/** What a call gives: a result, or the error text that Kong goes on with. */
export type RpcReply =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: string };

export interface RpcClientOptions {
  readonly socketPath: string;
  /** `lua_socket_read_timeout`. */
  readonly readTimeoutMs: number;
  readonly log: Log;
}

/** The calls of one worker to one plugin server. Message ids count per worker, failed connects included. */
export class RpcClient {
  readonly #pool: ConnectionPool<RpcConnection>;
  readonly #encoder = new MessageEncoder();
  readonly #log: Log;
  #messageId = 0;

  constructor({ socketPath, readTimeoutMs, log }: RpcClientOptions) {
    this.#pool = new ConnectionPool(socketPath, () =>
      RpcConnection.open(socketPath, readTimeoutMs),
    );
    this.#log = log;
  }

  /** Calls started so far. */
  get callCount(): number {
    return this.#messageId;
  }

  /**
   * @param params the method's parameters; the last message of a call is its answer
   * @throws LuaError when the answer belongs to another call: Kong takes that as a fault of its own
   */
  async call(plugin: string, method: string, params: readonly unknown[]): Promise<RpcReply> {
    const messageId = ++this.#messageId;
    let connection: RpcConnection;
    try {
      connection = await this.#pool.acquire();
    } catch (error) {
      return {
        ok: false,
        error: connectFailure(error, {
          socketPath: this.#pool.socketPath,
          pluginName: plugin,
          log: this.#log,
          place: 'mp_rpc.lua:178',
        }),
      };
    }
    const frame = await connection.exchange(this.#encoder.encode([0, messageId, method, params]));
    if (frame === noData) {
      // After a timeout the answer is still owed on this connection, and Kong pools it all the same.
      this.#pool.release(connection);
      return { ok: false, error: 'no data' };
    }
    const [, answered, error, result] = frame;
    if (answered !== messageId) {
      connection.destroy();
      throw new LuaError(
        'unexpected RPC response ID from Go plugin server',
        'kong/runloop/plugin_servers/rpc/mp_rpc.lua:208',
      );
    }
    this.#pool.release(connection);
    if (error === null || error === undefined) return { ok: true, result };
    return { ok: false, error: typeof error === 'string' ? error : JSON.stringify(error) };
  }

  close(): void {
    this.#pool.close();
  }
}
