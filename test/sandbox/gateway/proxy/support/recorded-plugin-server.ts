import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMulti, encode } from '@msgpack/msgpack';
import { normalForm, type PortMap, relocate } from './normal-form';
import type { Exchange } from './transcript';

/**
 * Answers calls as a recorded plugin server did: each call takes the first recorded answer to the same
 * call that is not used yet. Ids of instances and events are the recorded ones.
 */
export class RecordedPluginServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'recorded-'));
  readonly socketPath = join(this.#folder, 'sample.sock');
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #open: { form: string; exchange: Exchange }[] = [];
  #received: string[] = [];
  /** Accepts and closes at once: the recorded stand-in for a dead server. */
  hangsUp = false;
  ports: PortMap = new Map();
  /** Recorded milliseconds are stretched by this. */
  timeScale = 1;

  /** What was called, in normal form. */
  get received(): readonly string[] {
    return this.#received;
  }

  expect(exchanges: readonly Exchange[]): readonly string[] {
    this.#received = [];
    this.#open = exchanges.map((exchange) => ({
      form: normalForm(exchange.method, relocate(exchange.params, this.ports)),
      exchange,
    }));
    return this.#open.map(({ form }) => form);
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    // A server unlinks its path when it closes. Under another name the socket file stays, as a killed
    // server's does.
    const bound = `${this.socketPath}.${Date.now()}`;
    await new Promise<void>((resolve) => server.listen(bound, resolve));
    renameSync(bound, this.socketPath);
  }

  /** Dies and leaves its socket file behind. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    if (this.hangsUp) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let parts: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      let messages: any[];
      try {
        messages = [...decodeMulti(Buffer.concat(parts))];
      } catch {
        return;
      }
      parts = [];
      for (const [, id, method, params] of messages) this.#answer(socket, id, method, params);
    });
  }

  #answer(socket: Socket, id: number, method: string, params: any): void {
    const form = normalForm(method, params);
    this.#received.push(form);
    const index = this.#open.findIndex((candidate) => candidate.form === form);
    if (index === -1) {
      socket.write(encode([1, id, `not recorded: ${form.slice(0, 500)}`, null]));
      return;
    }
    const [taken] = this.#open.splice(index, 1);
    const reply = taken?.exchange.reply;
    if (!reply) return;
    const bytes = encode([1, id, reply.error, relocate(reply.result, this.ports)]);
    const delayMs = reply.afterMs > 50 ? reply.afterMs * this.timeScale : 0;
    if (delayMs === 0) socket.write(bytes);
    else setTimeout(() => socket.destroyed || socket.write(bytes), delayMs);
  }
}
