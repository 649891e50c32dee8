/** One of several by weight, without any state that Kong's workers would have to share. */

export interface WeightedChoice<T> {
  /** There is nothing to choose from. */
  readonly isOne: boolean;
  /** By its position from 0 to 1 on the line of all weights. */
  at(position: number): T;
  /**
   * The same one for the same key, in every worker and on every node. Where weights change or one of
   * them leaves, only keys move that have to (weighted rendezvous hashing).
   */
  of(key: string): T;
}

export interface Weighted<T> {
  /** What its keys are told from those of others by. */
  readonly name: string;
  /** Above zero. */
  readonly weight: number;
  readonly value: T;
}

/** @param options at least one. */
export function createWeightedChoice<T>(options: readonly Weighted<T>[]): WeightedChoice<T> {
  const byName = new Map<string, Weighted<T>>();
  for (const option of options) {
    const same = byName.get(option.name);
    // Twice the same name has one hash: as two it would win less often than its weights say.
    byName.set(option.name, same ? { ...same, weight: same.weight + option.weight } : option);
  }
  const distinct = [...byName.values()];
  const total = options.reduce((sum, { weight }) => sum + weight, 0);
  const last = options[options.length - 1] as Weighted<T>;
  return {
    isOne: distinct.length === 1,
    at(position) {
      let rest = position * total;
      for (const { weight, value } of options) {
        if (rest < weight) return value;
        rest -= weight;
      }
      // Sums of fractions may leave a hair's breadth beyond the last one.
      return last.value;
    },
    of(key) {
      let best = last;
      let lowest = Number.POSITIVE_INFINITY;
      for (const option of distinct) {
        const score = -Math.log(unitHash(option.name, key)) / option.weight;
        if (score >= lowest) continue;
        lowest = score;
        best = option;
      }
      return best.value;
    },
  };
}

/** The golden ratio: multiples of it fill the line evenly, however few of them there are. */
const step = (Math.sqrt(5) - 1) / 2;

/**
 * Positions for requests one after the other: shares are exact after some hundred requests already, and
 * no pattern of the client's requests keeps step with them.
 */
export function nextPosition(position: number): number {
  const next = position + step;
  return next >= 1 ? next - 1 : next;
}

/** FNV-1a over both texts, mixed as in MurmurHash3: above 0, at most 1. */
function unitHash(name: string, key: string): number {
  let hash = 0x811c9dc5;
  const add = (text: string): void => {
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    // Ends the text: no name together with a key is another such pair.
    hash = Math.imul(hash ^ 0xffff, 0x01000193);
  };
  add(name);
  add(key);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 1) / 2 ** 32;
}
