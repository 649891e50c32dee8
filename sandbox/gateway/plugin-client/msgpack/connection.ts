import { connect, type Socket } from 'node:net';
import { LuaError } from '../lua-error';
import { createFrameDecoder } from './frame-decoder';

/** What a read yields when the connection ended or stayed silent for the read timeout. */
export const noData = Symbol('no data');

export type Frame = readonly unknown[];

interface Reader {
  readonly resolve: (frame: Frame | typeof noData) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One connection to a plugin server, with one call in flight at most, as Kong uses its sockets.
 *
 * A reader that gave up leaves its answer owed: should it arrive while the connection is idle, the
 * connection is closed; should it arrive during a later call, that call reads it.
 */
export class RpcConnection {
  readonly #socket: Socket;
  #decoder = createFrameDecoder((frame) => this.#take(frame));
  #reader: Reader | undefined;
  #open = true;

  private constructor(socket: Socket, readTimeoutMs: number) {
    this.#socket = socket;
    socket.setTimeout(readTimeoutMs);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('timeout', () => this.#settle(noData));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#open = false;
      this.#settle(noData);
    });
    socket.on('end', () => socket.destroy());
  }

  /**
   * @param readTimeoutMs how long a read waits for the next bytes
   * @throws the system's error (`ENOENT`, `ECONNREFUSED`, ...) when nobody listens on the path
   */
  static open(socketPath: string, readTimeoutMs: number): Promise<RpcConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(socketPath);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RpcConnection(socket, readTimeoutMs));
      });
    });
  }

  get usable(): boolean {
    return this.#open && !this.#socket.destroyed;
  }

  /** Sends a request and reads the next message that is not a notification, whoever asked for it. */
  exchange(request: Buffer): Promise<Frame | typeof noData> {
    return new Promise((resolve, reject) => {
      if (!this.usable) {
        resolve(noData);
        return;
      }
      this.#reader = { resolve, reject };
      this.#socket.write(request);
    });
  }

  destroy(): void {
    this.#open = false;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (!this.#reader) {
      this.destroy();
      return;
    }
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  #take(frame: Frame): void {
    // Kong knows one notification, the server's process id; nothing is waiting for it.
    if (frame[0] !== 2) this.#settle(frame);
  }

  #fail(cause: unknown): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.destroy();
    reader?.reject(new LuaError(`cannot read the plugin server's answer: ${String(cause)}`));
  }

  #settle(result: Frame | typeof noData): void {
    const reader = this.#reader;
    this.#reader = undefined;
    // What is left of an answer that was cut off is not the begin of the next one.
    if (result === noData) this.#decoder = createFrameDecoder((frame) => this.#take(frame));
    reader?.resolve(result);
  }
}
