/**
 * What became of requests, in plain integers: whichever server runs the plugin may read them, and one
 * that does not pays for an addition a request.
 */

export type Result = 'sent' | 'fallback' | 'passthrough' | 'rejected';

export interface Tally {
  readonly result: Result;
  /** Why the request was not simply sent to its service; empty where it was. */
  readonly reason: string;
  /** The reference that it went to, as configured; absent where it went to none. */
  readonly service?: string;
  count: number;
}

export interface DecisionCounts {
  /** The one tally of these: asked for once a decision, counted up once a request. */
  tally(result: Result, reason?: string, service?: string): Tally;
  all(): readonly Tally[];
}

export function createDecisionCounts(): DecisionCounts {
  const tallies = new Map<string, Tally>();
  const tally: DecisionCounts['tally'] = (result, reason = '', service) => {
    const key = `${result} ${reason} ${service ?? ''}`;
    let found = tallies.get(key);
    if (!found) {
      found = { result, reason, ...(service === undefined ? {} : { service }), count: 0 };
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
