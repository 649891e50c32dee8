/**
 * The rules of an election over a Lease, as client-go has them: pure, time and memory come in as values.
 *
 * Clocks of two machines are never compared. A standby measures by its own clock how long it has seen
 * the record unchanged, and waits the whole time that the holder asked for. The holder counts from the
 * moment it *began* its last successful renewal, and stops sooner than that. Whatever the network does,
 * the time of the holder is over before that of a standby is:
 *
 * ```
 *  holder   ├─ renewal begins ── renewDeadline ──┤ stops
 *  standby         ├─ sees it ── leaseDuration ────────────┤ may take over
 * ```
 */
import type { LeaseRecord, StoredLease } from './lease-record';
import { microTime } from './lease-record';

/** One moment, by both clocks of this machine. */
export interface Instant {
  /** Never goes back, but stands still while the machine sleeps. */
  readonly monotonicMs: number;
  /** Since the epoch: goes on while the machine sleeps, but can be set. */
  readonly wallMs: number;
}

export interface ElectionTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

export interface ElectorState {
  /** The lease as last seen, and since when its record is that one; undefined: there was none yet. */
  readonly seen?: { readonly lease: StoredLease; readonly sinceMs: number };
  /** Somebody has deleted what was seen. */
  readonly gone?: boolean;
  /** When the last successful renewal was begun; undefined on a standby. */
  readonly renewedAt?: Instant;
}

export type Step =
  | {
      readonly op: 'create' | 'update';
      readonly record: LeaseRecord;
      readonly before?: StoredLease;
    }
  /** Somebody else holds it, and may still be writing. */
  | { readonly op: 'wait' };

/** After a look at the lease. Whoever finds another's name in it has lost. */
export function seeLease(
  state: ElectorState,
  lease: StoredLease | undefined,
  identity: string,
  nowMs: number,
): ElectorState {
  const known = state.seen;
  // Whoever held it may not have noticed yet: for the others its time runs on.
  if (!lease) return known ? { seen: known, gone: true } : {};
  // An edit beside the record (a label, say) is no sign of life of the holder.
  const same = known !== undefined && isSameRecord(known.lease.record, lease.record);
  const seen = { lease, sinceMs: same ? known.sinceMs : nowMs };
  const renewedAt = lease.record.holder === identity ? state.renewedAt : undefined;
  return { seen, ...(renewedAt ? { renewedAt } : {}) };
}

export function nextStep(
  { seen, gone = false }: ElectorState,
  identity: string,
  timing: ElectionTiming,
  now: Instant,
): Step {
  const time = microTime(now.wallMs);
  const claim = {
    holder: identity,
    durationSeconds: Math.ceil(timing.leaseDurationMs / 1000),
    acquireTime: time,
    renewTime: time,
    transitions: 0,
  };
  if (!seen) return { op: 'create', record: claim };
  const { record } = seen.lease;
  const write = (next: LeaseRecord): Step =>
    gone ? { op: 'create', record: next } : { op: 'update', record: next, before: seen.lease };
  if (record.holder === identity) {
    const { acquireTime = time, transitions } = record;
    return write({ ...claim, acquireTime, transitions });
  }
  if (record.holder !== '' && now.monotonicMs - seen.sinceMs < silenceMs(record, timing)) {
    return { op: 'wait' };
  }
  return write({ ...claim, transitions: record.transitions + 1 });
}

/** After a write that the API server took. @param startedAt when it was begun. */
export function holdLease(lease: StoredLease, startedAt: Instant): ElectorState {
  return { seen: { lease, sinceMs: startedAt.monotonicMs }, renewedAt: startedAt };
}

/** How long this replica may go on writing, in ms; 0 or less: not at all. */
export function remainingMs(
  { renewedAt }: ElectorState,
  { renewDeadlineMs }: ElectionTiming,
  now: Instant,
): number {
  if (!renewedAt) return 0;
  // The longer of two measures: one clock sleeps with the machine, the other can be set back.
  const monotonicMs = now.monotonicMs - renewedAt.monotonicMs;
  const wallMs = now.wallMs - renewedAt.wallMs;
  return renewDeadlineMs - Math.max(monotonicMs, wallMs);
}

/** What is left behind on a clean end: nobody has to wait. */
export function releasedRecord({ record }: StoredLease, now: Instant): LeaseRecord {
  const time = microTime(now.wallMs);
  const { transitions } = record;
  return { holder: '', durationSeconds: 1, acquireTime: time, renewTime: time, transitions };
}

/** The holder's own word counts; replicas may be configured differently while they are rolled out. */
function silenceMs({ durationSeconds }: LeaseRecord, timing: ElectionTiming): number {
  return durationSeconds === undefined ? timing.leaseDurationMs : durationSeconds * 1000;
}

function isSameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a.holder === b.holder &&
    a.renewTime === b.renewTime &&
    a.acquireTime === b.acquireTime &&
    a.durationSeconds === b.durationSeconds &&
    a.transitions === b.transitions
  );
}
