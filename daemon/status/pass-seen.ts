/** One pass with everything around it that the status page and the metrics tell of. */
import type { GatewayDataplane } from '../../catalog/gateway';
import type { KongState } from '../kong/model';
import type { PassMemory } from '../reconcile/pass';
import type { PassReport } from '../reconcile/report';
import type { Observation } from '../sources/source';
import type { PassMarks } from './watch-pass';

export interface PassSeen {
  readonly report: PassReport;
  /** When it ended, in milliseconds since the epoch. */
  readonly endedAtMs: number;
  readonly marks: PassMarks;
  /** What the pass went by; absent before the first good look at the mesh. */
  readonly observation?: Observation;
  readonly gateways: readonly GatewayDataplane[];
  /** What Kong holds as far as known, else what the user's files say. */
  readonly kong?: KongState;
}

/** Joins what a pass reported with what it went by. Takes references: nothing is copied. */
export function seePass(
  report: PassReport,
  memory: PassMemory,
  marks: PassMarks,
  endedAtMs: number,
): PassSeen {
  const { observation, gateways = [], kongState, used } = memory;
  const kong = kongState ?? used?.state;
  return {
    report,
    endedAtMs,
    marks,
    gateways,
    ...(observation ? { observation } : {}),
    ...(kong ? { kong } : {}),
  };
}
