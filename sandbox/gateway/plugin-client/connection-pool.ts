/** `lua_socket_pool_size` as Kong sets it. */
const maxIdle = 256;

export interface PooledConnection {
  readonly usable: boolean;
  /** Told before it is handed out, and when it comes back. */
  inUse?: boolean;
  destroy(): void;
}

/** Keep-alive connections to one socket; the one used last is reused first, as in nginx. */
export class ConnectionPool<C extends PooledConnection> {
  #idle: C[] = [];
  #closed = false;

  constructor(
    readonly socketPath: string,
    private readonly open: () => Promise<C>,
  ) {}

  /** An idle connection, or a new one. Rejects with the system's error when nobody listens. */
  acquire(): C | Promise<C> {
    for (let next = this.#idle.pop(); next; next = this.#idle.pop()) {
      if (next.usable) return next;
    }
    return this.open();
  }

  release(connection: C): void {
    if (this.#closed) {
      connection.destroy();
      return;
    }
    connection.inUse = false;
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
