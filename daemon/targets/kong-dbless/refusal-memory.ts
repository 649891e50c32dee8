import type { Failure, MeshdError } from '../../../catalog/error';
import type { KongState } from '../../kong/model';

/** What became of a document that Kong refused as a whole. */
export type Refusal =
  | { readonly kind: 'reduced'; readonly state: KongState; readonly failures: readonly Failure[] }
  | { readonly kind: 'nothing'; readonly error: MeshdError };

export interface RefusalMemory {
  /** What is known of this document and not yet due to be tried again. */
  recall(hash: string): Refusal | undefined;
  remember(hash: string, refusal: Refusal): void;
  forget(): void;
}

const firstWaitMs = 30_000;
const longestWaitMs = 600_000;

/**
 * Remembers the last refused document, so that passes do not send it again and again while nothing
 * has changed: first for 30 s, doubled at each refusal of the same, up to 10 min. Other content is
 * always sent.
 */
export function createRefusalMemory(now: () => number): RefusalMemory {
  let last: { hash: string; refusal: Refusal; waitMs: number; untilMs: number } | undefined;
  return {
    recall: (hash) => (last?.hash === hash && now() < last.untilMs ? last.refusal : undefined),
    remember(hash, refusal) {
      const waitMs = last?.hash === hash ? Math.min(last.waitMs * 2, longestWaitMs) : firstWaitMs;
      last = { hash, refusal, waitMs, untilMs: now() + waitMs };
    },
    forget() {
      last = undefined;
    },
  };
}
