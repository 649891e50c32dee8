/** What goes wrong, and with which requests. */
export interface Fault {
  readonly match: FaultMatch;
  /** How many matching requests it meets before it is used up. Default 1. */
  readonly times?: number;
  /** Waits before anything else happens. */
  readonly delayMs?: number;
  /** The request takes effect, only its reply is lost or replaced: what a client retries blindly. */
  readonly applied?: boolean;
  /** Answers this instead of handling the request. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes out as JSON, a text as it is. */
  readonly body?: unknown;
  /** Never answers; the connection ends with the server. */
  readonly hang?: boolean;
  /** Resets the connection. */
  readonly reset?: boolean;
}

export interface FaultMatch {
  readonly method?: string;
  /** The path with its query: a prefix, or a pattern. Default: any. */
  readonly path?: string | RegExp;
}

/** Faults in the order they were added; each request meets the first that matches it. */
export class FaultQueue {
  private readonly entries: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.entries.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.entries.length = 0;
  }

  /** The fault this request meets; it is used once. */
  take(method: string, path: string): Fault | undefined {
    const at = this.entries.findIndex(({ fault }) => matches(fault.match, method, path));
    const entry = this.entries[at];
    if (!entry) return undefined;
    entry.left--;
    if (entry.left <= 0) this.entries.splice(at, 1);
    return entry.fault;
  }
}

function matches(match: FaultMatch, method: string, path: string): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  return typeof match.path === 'string' ? path.startsWith(match.path) : match.path.test(path);
}
