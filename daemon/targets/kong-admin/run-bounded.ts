/**
 * Works through all items, so many at a time, in their order. Ends with the first error; what is under
 * way by then is waited for, so that nothing goes on behind the caller's back.
 */
export async function runBounded<T>(
  items: Iterable<T>,
  parallelism: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  async function worker(): Promise<void> {
    for (let next = iterator.next(); !next.done && !failure; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: parallelism }, worker));
  if (failure) throw failure.error;
}
