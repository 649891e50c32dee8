/** When so much is missing at once that the input is doubted rather than believed: one rule for all. */

export interface LossLimits {
  /** Losing more than this share at once is doubted, 0 to 1. */
  readonly share: number;
  /** Losing up to this many never is, unless nothing is left. */
  readonly atLeast: number;
}

/** `all`: nothing is left, which no waiting makes more credible. `share`: too much at once. */
export type LossDoubt = 'all' | 'share';

/**
 * @param before how many there were.
 * @param left how many there would be, new ones included.
 */
export function doubtLoss(
  { lost, before, left }: { readonly lost: number; readonly before: number; readonly left: number },
  { share, atLeast }: LossLimits,
): LossDoubt | undefined {
  if (lost <= 0) return undefined;
  if (left === 0) return 'all';
  return lost > atLeast && lost > share * before ? 'share' : undefined;
}
