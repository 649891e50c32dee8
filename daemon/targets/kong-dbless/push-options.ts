import type { Failure } from '../../../catalog/error';
import type { KongState } from '../../kong/model';

/** What Kong said to one document. */
export type Answer =
  | { readonly kind: 'taken'; readonly changed: boolean }
  | {
      readonly kind: 'refused';
      readonly body: unknown;
      readonly reason: string;
      /** It may not be the document at all: a Kong that is out of order says the same. */
      readonly unsure?: true;
      /** Nothing of what was wanted is left to be sent. */
      readonly nothingLeft?: true;
    };

export interface PushOptions {
  readonly send: (state: KongState) => Promise<Answer>;
  /** What the node holds now: where bisection starts from, and where last valid forms come from. */
  readonly base: () => KongState;
  readonly fallback: 'exclude' | 'last-valid';
  /** Documents sent at most while Kong names whom it means. */
  readonly maxRounds: number;
  /** Documents sent at most to find out whom it means where it does not say. */
  readonly maxProbes: number;
}

export interface PushResult {
  readonly state: KongState;
  readonly failures: readonly Failure[];
  /** Documents that changed the node. */
  readonly writes: number;
}
