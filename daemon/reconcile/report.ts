/** What a pass did, as data: for the log, the status page, `sync` and `diff`. */
import type { Failure } from '../../catalog/error';
import type { Change, Plan } from '../plan/change';
import type { Identity } from '../plan/dependants';
import type { Hold } from '../plan/hold';
import type { DataplaneChange } from '../targets/dataplane/dataplane-target';
import type { ResolvedLink } from '../translate/translation';

/**
 * `unchanged`: nothing to do. `applied`: all that was planned is live. `partial`: some entities were
 * left out, the rest is live. `held`: deletions wait for confirmation. `failed`: a phase ended early.
 */
export type PassOutcome = 'unchanged' | 'applied' | 'partial' | 'held' | 'failed';

export interface PassReport {
  readonly outcome: PassOutcome;
  /** Mesh services in the catalog of this pass. */
  readonly services: number;
  /** Revision of the observation it was made of; empty where the pass ended before. */
  readonly catalogHash: string;
  /** What changed, or would change, at Kong; null where no Kong target is configured. */
  readonly kong: KongReport | null;
  readonly snapshot: { readonly file: string; readonly written: boolean } | null;
  readonly dataplane: {
    readonly expanded: readonly DataplaneChange[];
    readonly contracted: readonly DataplaneChange[];
  };
  readonly failures: readonly Failure[];
  readonly links: readonly ResolvedLink[];
  readonly durationMs: number;
}

export interface KongReport {
  readonly target: string;
  readonly plan: Plan;
  readonly writes: number;
  /** Changes that are not made now, in the plan's order: `diff` shows them too. */
  readonly held: readonly Change[];
  /** Which of them wait for a confirmation. */
  readonly holds: readonly Hold[];
  /** What the changes refer to, where the report is shown to somebody. */
  readonly names?: ReadonlyMap<Identity, string> | undefined;
}

export const emptyPlan: Plan = {
  changes: [],
  summary: { creating: 0, updating: 0, deleting: 0 },
};

/** The worst that happened names the outcome. */
export function outcomeOf(parts: {
  readonly failed: boolean;
  readonly held: boolean;
  readonly refused: boolean;
  readonly writes: number;
}): PassOutcome {
  if (parts.failed) return 'failed';
  if (parts.held) return 'held';
  if (parts.refused) return 'partial';
  return parts.writes > 0 ? 'applied' : 'unchanged';
}
