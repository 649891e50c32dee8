export interface LoggedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

const KEPT = 1_000;

/** What was asked of the control plane: counts of everything, and the latest thousand requests. */
export class RequestLog {
  readonly #counts = new Map<string, number>();
  #latest: LoggedRequest[] = [];

  record(method: string, path: string): void {
    const key = `${method} ${withoutQuery(path)}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#latest.push({ method, path });
    if (this.#latest.length > 2 * KEPT) this.#latest = this.#latest.slice(-KEPT);
  }

  /** How many requests so far, of a method, to a path (without query), or of both. */
  count(method?: string, path?: string): number {
    let total = 0;
    for (const [key, count] of this.#counts) {
      const [ofMethod, ofPath] = key.split(' ');
      if ((method ?? ofMethod) === ofMethod && (path ?? ofPath) === ofPath) total += count;
    }
    return total;
  }

  latest(): readonly LoggedRequest[] {
    return this.#latest.slice(-KEPT);
  }

  clear(): void {
    this.#counts.clear();
    this.#latest = [];
  }
}

function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? path;
}
