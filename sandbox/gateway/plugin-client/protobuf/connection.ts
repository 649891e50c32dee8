import { connect, type Socket } from 'node:net';

/** Why a read gave nothing, in the words of Kong's sockets. */
export type ReadError = 'closed' | 'timeout' | 'connection reset by peer' | 'broken pipe';

export type ReadResult = Buffer | ReadError;

/**
 * One connection to a plugin server as Kong uses it: writes at once, reads frame by frame, and ends what
 * the server has ended while nobody reads.
 */
export class FramedConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #reader: ((result: ReadResult) => void) | undefined;
  #problem: ReadError | undefined;
  #inUse = true;

  private constructor(socket: Socket, readTimeoutMs: number) {
    this.#socket = socket;
    socket.setTimeout(readTimeoutMs);
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#advance();
    });
    socket.on('timeout', () => {
      if (this.#reader) this.#fail('timeout');
    });
    socket.on('end', () => {
      // A write that failed says so within the same turn, and counts before what is read.
      if (this.#inUse) setImmediate(() => this.#fail('closed'));
      else this.#fail('closed');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(error.code === 'ECONNRESET' ? 'connection reset by peer' : 'broken pipe');
    });
    socket.on('close', () => this.#fail('closed'));
  }

  /** @throws the system's error (`ENOENT`, `ECONNREFUSED`, ...) when nobody listens on the path */
  static open(socketPath: string, readTimeoutMs: number): Promise<FramedConnection> {
    return new Promise((resolve, reject) => {
      // A server may end its side alone: what it has written before is still answered.
      const socket = connect({ path: socketPath, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new FramedConnection(socket, readTimeoutMs));
      });
    });
  }

  get usable(): boolean {
    return this.#problem === undefined && !this.#socket.destroyed;
  }

  /** In the pool a connection is closed as soon as the server closes it, or says anything. */
  set inUse(inUse: boolean) {
    this.#inUse = inUse;
    if (!inUse && (this.#received.length > 0 || this.#problem !== undefined)) this.destroy();
  }

  /** Kong writes length and bytes apart; nothing is written of an empty text. */
  writeFrame(bytes: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    this.#socket.write(length);
    if (bytes.length > 0) this.#socket.write(bytes);
  }

  readFrame(): Promise<ReadResult> {
    return new Promise((resolve) => {
      this.#reader = resolve;
      this.#advance();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #advance(): void {
    if (!this.#reader) {
      if (!this.#inUse) this.destroy();
      return;
    }
    const end = this.#received.length < 4 ? Infinity : 4 + this.#received.readUInt32LE();
    if (this.#received.length >= end) {
      const frame = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      this.#settle(frame);
    } else if (this.#problem !== undefined) {
      this.#settle(this.#problem);
    }
  }

  #fail(problem: ReadError): void {
    this.#problem ??= problem;
    this.#advance();
  }

  #settle(result: ReadResult): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(result);
  }
}
