/** Suggestions for misspelt names: what a user most likely meant. */

/** Beyond this many slips a long word is another word. */
const mostSlips = 3;

/**
 * The candidates closest to a word, best first; only those near enough to be a slip of the pen (a
 * third of the letters, at least one, at most three). Case does not count.
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): readonly string[] {
  const wanted = word.toLowerCase();
  const allowed = Math.min(mostSlips, Math.max(1, Math.floor(wanted.length / 3)));
  const scored: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > allowed) continue;
    const distance = editDistance(wanted, candidate.toLowerCase(), allowed);
    if (distance <= allowed) scored.push({ candidate, distance });
  }
  return scored
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/**
 * How many slips part two texts: a letter too many, one missing, one wrong, or two neighbours swapped
 * (optimal string alignment). `limit + 1` for everything further apart than `limit`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  const width = b.length + 1;
  let beforeLast = new Uint32Array(width);
  let last = Uint32Array.from({ length: width }, (_, column) => column);
  let current = new Uint32Array(width);
  for (let row = 1; row <= a.length; row++) {
    const letter = a.charCodeAt(row - 1);
    let best = (current[0] = row);
    for (let column = 1; column < width; column++) {
      const other = b.charCodeAt(column - 1);
      let value = Math.min(
        at(last, column - 1) + (letter === other ? 0 : 1),
        at(last, column) + 1,
        at(current, column - 1) + 1,
      );
      const swapped =
        row > 1 &&
        column > 1 &&
        letter === b.charCodeAt(column - 2) &&
        other === a.charCodeAt(row - 2);
      if (swapped) value = Math.min(value, at(beforeLast, column - 2) + 1);
      current[column] = value;
      best = Math.min(best, value);
    }
    // A row grows by at most one on the row before, so no swap across this one can be within.
    if (best > limit) return limit + 1;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return Math.min(at(last, b.length), limit + 1);
}

function at(row: Uint32Array, column: number): number {
  return row[column] ?? 0;
}
