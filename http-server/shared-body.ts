/** One body for all who ask at the same time: made once, kept once, however many wait for it. */

export interface SharedBodyOptions {
  /** What it is made of: made anew as soon as this is another value. */
  readonly of: () => unknown;
  /** How old it may be while that stays the same, in ms. Default 250. */
  readonly maxAgeMs?: number;
}

/** A failure is not kept. */
export function sharedBody<T>(
  { of, maxAgeMs = 250 }: SharedBodyOptions,
  make: () => T | Promise<T>,
): () => Promise<T> {
  let known: { readonly of: unknown; readonly atMs: number; readonly body: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    const key = of();
    if (known && known.of === key && now - known.atMs < maxAgeMs) return known.body;
    const body = Promise.resolve().then(make);
    const made = { of: key, atMs: now, body };
    known = made;
    body.catch(() => {
      if (known === made) known = undefined;
    });
    return body;
  };
}
