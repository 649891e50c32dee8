import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { decodeMulti, encode } from '@msgpack/msgpack';

export interface Reply {
  readonly msgid: number;
  readonly error: unknown;
  readonly result: any;
}

/** One connection to a plugin server, bytes and all. Waits are bounded by the test's own timeout. */
export class MsgpackClient {
  readonly socket: Socket;
  readonly replies: Reply[] = [];
  closed = false;
  #bytes = Buffer.alloc(0);
  #msgid = 0;
  #changed: () => void = () => undefined;

  static async open(path: string): Promise<MsgpackClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new MsgpackClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#changed();
    });
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
  }

  /** The reply to one request; rejects when the connection ends instead. */
  async call(method: string, argument?: unknown): Promise<Reply> {
    return this.wait(this.send(method, argument));
  }

  /** @returns the msgid, for `wait`. */
  send(method: string, argument?: unknown): number {
    this.#msgid += 1;
    this.socket.write(request(this.#msgid, method, argument));
    return this.#msgid;
  }

  async wait(msgid: number): Promise<Reply> {
    for (;;) {
      const found = this.replies.find((reply) => reply.msgid === msgid);
      if (found) return found;
      if (this.closed) throw new Error('closed');
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  async untilClosed(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    try {
      for (const frame of decodeMulti(this.#bytes)) {
        const [, msgid, error, result] = frame as [number, number, unknown, unknown];
        if (!this.replies.some((reply) => reply.msgid === msgid)) {
          this.replies.push({ msgid, error, result });
        }
      }
      this.#bytes = Buffer.alloc(0);
    } catch {
      // The rest of the last frame is still to come.
    }
    this.#changed();
  }
}

export function request(msgid: number, method: string, argument?: unknown): Buffer {
  return Buffer.from(
    encode([0, msgid, `plugin.${method}`, argument === undefined ? [] : [argument]]),
  );
}
