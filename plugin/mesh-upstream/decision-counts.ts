/**
 * What became of requests, in plain integers: whichever server runs the plugin may read them, and one
 * that does not pays for an addition a request.
 */

export type Result = 'sent' | 'fallback' | 'passthrough' | 'rejected';

export interface Tally {
  readonly result: Result;
  /** Why the request was not simply sent to its service; empty where it was. */
  readonly reason: string;
  count: number;
}

export interface DecisionCounts {
  /** The one tally of this result and reason: asked for once a decision, counted up once a request. */
  tally(result: Result, reason?: string): Tally;
  all(): readonly Tally[];
}

export function createDecisionCounts(): DecisionCounts {
  const tallies = new Map<string, Tally>();
  const tally: DecisionCounts['tally'] = (result, reason = '') => {
    const key = `${result} ${reason}`;
    let found = tallies.get(key);
    if (!found) {
      found = { result, reason, count: 0 };
      tallies.set(key, found);
    }
    return found;
  };
  // There from the start: a rate is only known of what was zero before.
  tally('sent');
  return { tally, all: () => [...tallies.values()] };
}

/** Of all plugin instances of this process. */
export const decisionCounts: DecisionCounts = createDecisionCounts();
