/** Who of several replicas writes what they share. */
import type { Failure } from '../../catalog/error';

export interface Leadership {
  /**
   * The signal of the present term, or undefined on a standby. It aborts the moment the term ends,
   * with a reason that says why; asked whether it has, it goes by the clock and not by a timer that
   * may be late.
   */
  term(): AbortSignal | undefined;
  state(): LeadershipState;
  /** What keeps this replica from taking part. */
  findings(): readonly Failure[];
  /**
   * Takes part until the signal aborts, then hands over at once. Resolves when that is done; never
   * rejects.
   * @param onChange is called whenever `state` or `term` has changed.
   */
  run(signal: AbortSignal, onChange: () => void): Promise<void>;
}

export interface LeadershipState {
  readonly role: 'leader' | 'standby';
  /** What is competed for, `namespace/name`. */
  readonly lease: string;
  /** Who holds it as far as known, under the name that it gave itself; undefined: nobody. */
  readonly leader: string | undefined;
}
