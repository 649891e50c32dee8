/** Waiting for something that other processes bring about: by looking again, never by sleeping on it. */

/**
 * Looks until `look` gives a value that is not undefined.
 * @throws Error after `timeoutMs`, with what was waited for and the last error of a look.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const cause = last instanceof Error ? ` (${last.message})` : '';
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}${cause}`);
}
