/** What goes wrong on purpose. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Fault {
  /** The path without its query, whole or as a pattern. Any where left out. */
  readonly path?: string | RegExp;
  /** Only watches, or only other requests. Both where left out. */
  readonly watch?: boolean;
  readonly method?: string;
  /** How many requests it meets. Default 1; `Infinity` until `clear`. */
  readonly times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is where it is a string. */
  readonly body?: unknown;
  /** Never answers. */
  readonly hang?: boolean;
  /** Resets the connection. */
  readonly reset?: boolean;
}

export class Faults {
  #queue: { readonly fault: Fault; left: number }[] = [];

  next(fault: Fault): void {
    this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#queue = [];
  }

  /** True where this request has been dealt with. */
  play(request: IncomingMessage, url: URL, response: ServerResponse): boolean {
    const due = this.#queue.find(({ fault }) => meets(fault, request.method, url));
    if (!due) return false;
    due.left -= 1;
    if (due.left <= 0) this.#queue = this.#queue.filter((one) => one !== due);
    const { status = 500, headers, body = {}, hang, reset } = due.fault;
    if (hang === true) return true;
    if (reset === true) {
      request.socket.destroy();
      return true;
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/plain' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers }).end(text);
    return true;
  }
}

function meets({ path, method, watch }: Fault, requested: string | undefined, url: URL): boolean {
  if (method !== undefined && method !== requested) return false;
  if (watch !== undefined && watch !== url.searchParams.has('watch')) return false;
  if (path === undefined) return true;
  return typeof path === 'string' ? path === url.pathname : path.test(url.pathname);
}
