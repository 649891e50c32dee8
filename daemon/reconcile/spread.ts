/** Keeps many daemons from doing the same thing at the same moment. */

/** The share of a wait that is left to chance. */
const share = 0.1;

/**
 * A wait of at most `ms` and at least nine tenths of it: whoever starts together drifts apart, and no
 * promise about the longest wait is broken.
 * @param random between 0 and 1.
 */
export function spread(ms: number, random: () => number): number {
  return ms * (1 - share + share * random());
}
