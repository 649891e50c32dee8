import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** What goes wrong with a request. Without status, hang or reset the request is answered, only later. */
export interface Fault {
  /** The path without its query, whole or as a pattern. Any where left out. */
  readonly path?: string | RegExp;
  readonly method?: string;
  /** How many requests it meets. Default 1; `Infinity` until `clear`. */
  readonly times?: number;
  readonly delayMs?: number;
  readonly status?: number;
  /** Sent as JSON, or as it is where it is a string. */
  readonly body?: unknown;
  /** Never answers: the connection stays open until the client gives up or the control plane stops. */
  readonly hang?: boolean;
  /** Resets the connection. */
  readonly reset?: boolean;
}

/** Faults queued for the next requests, first match first. */
export class Faults {
  #queue: { readonly fault: Fault; left: number }[] = [];

  /** Queues a fault; the next request that matches meets it. */
  next(fault: Fault): void {
    this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#queue = [];
  }

  /** Plays the fault due for this request. True where it has been dealt with. */
  async play(request: IncomingMessage, path: string, response: ServerResponse): Promise<boolean> {
    const due = this.#queue.find(({ fault }) => meets(fault, request.method, path));
    if (!due) return false;
    due.left -= 1;
    if (due.left <= 0) this.#queue = this.#queue.filter((one) => one !== due);
    const { delayMs, status, body, hang, reset } = due.fault;
    if (delayMs !== undefined) await wait(delayMs, undefined, { ref: false });
    if (hang === true) return true;
    if (reset === true) {
      request.socket.resetAndDestroy();
      return true;
    }
    if (status === undefined && body === undefined) return false;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    const type = typeof body === 'string' ? 'text/plain' : 'application/json';
    response.writeHead(status ?? 200, { 'content-type': type }).end(text);
    return true;
  }
}

function meets({ path, method }: Fault, requested: string | undefined, at: string): boolean {
  if (method !== undefined && method !== requested) return false;
  if (path === undefined) return true;
  return typeof path === 'string' ? path === at : path.test(at);
}
