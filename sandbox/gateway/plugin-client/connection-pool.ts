import { RpcConnection } from './connection';

/** `lua_socket_pool_size` as Kong sets it. */
const maxIdle = 256;

/** Keep-alive connections to one socket; the one used last is reused first, as in nginx. */
export class ConnectionPool {
  #idle: RpcConnection[] = [];
  #closed = false;

  constructor(
    readonly socketPath: string,
    private readonly readTimeoutMs: number,
  ) {}

  /** An idle connection, or a new one. Rejects with the system's error when nobody listens. */
  acquire(): RpcConnection | Promise<RpcConnection> {
    for (let next = this.#idle.pop(); next; next = this.#idle.pop()) {
      if (next.usable) return next;
    }
    return RpcConnection.open(this.socketPath, this.readTimeoutMs);
  }

  release(connection: RpcConnection): void {
    if (this.#closed) {
      connection.destroy();
      return;
    }
    if (!connection.usable) return;
    this.#idle.push(connection);
    if (this.#idle.length > maxIdle) this.#idle.shift()?.destroy();
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#idle) connection.destroy();
    this.#idle = [];
  }
}
