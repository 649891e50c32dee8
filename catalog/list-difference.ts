/** What went and what came from one list to the next, where most objects are in both, in one order. */
export interface ListDifference<T> {
  readonly gone: readonly T[];
  readonly come: readonly T[];
}

/**
 * By identity, in one walk over both. Of lists in another order it may say of an object that it went and
 * came: never less than what did.
 */
export function listDifference<T>(before: readonly T[], after: readonly T[]): ListDifference<T> {
  const gone: T[] = [];
  const come: T[] = [];
  let [at, to] = [0, 0];
  while (at < before.length && to < after.length) {
    const [old, now] = [before[at] as T, after[to] as T];
    if (old === now) {
      at += 1;
      to += 1;
    } else if (before[at + 1] === now) {
      // One that was taken out leaves the next one in its place.
      gone.push(old);
      at += 1;
    } else if (after[to + 1] === old) {
      come.push(now);
      to += 1;
    } else {
      gone.push(old);
      come.push(now);
      at += 1;
      to += 1;
    }
  }
  return { gone: [...gone, ...before.slice(at)], come: [...come, ...after.slice(to)] };
}
