/** Takes part in an election over a Lease: asks, renews, waits and hands over. The rules are elsewhere. */
import type { MeshdError } from '../../catalog/error';
import { hasCode } from '../kubernetes-client/api-error';
import type { Clock } from '../reconcile/clock';
import {
  holdLease,
  nextStep,
  releasedRecord,
  remainingMs,
  seeLease,
  type ElectionTiming,
  type ElectorState,
  type Instant,
} from './elector';
import { electionErrors } from './errors';
import type { LeaseApi } from './lease-api';
import type { Leadership } from './leadership';
import { startTerm, type Term } from './term';

export interface ElectionOptions {
  readonly identity: string;
  /** What it is called as long as nobody knows more: its name without the namespace. */
  readonly name: string;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  /** Opens the way to the lease, and says which one it is. May fail now and succeed later. */
  readonly open: () => Promise<{ readonly api: LeaseApi; readonly lease: string }>;
  /** Milliseconds since the epoch. Default Date.now. */
  readonly wall?: () => number;
  /** Between 0 and 1; spreads the looks of many standbys. Default Math.random. */
  readonly random?: () => number;
  /** Released when it is over. */
  readonly close?: () => void;
}

/** One failure is an API server that just started; more of them are a finding. */
const patience = 2;
/** A shutdown waits no longer than this for the lease to be handed over. */
const releaseMs = 2_000;
/** So often in a row somebody else may write to the lease at the very same moment. */
const maxConflicts = 3;

export function createElection(options: ElectionOptions): Leadership {
  const { identity, timing, clock, open, wall = Date.now, random = Math.random } = options;
  let state: ElectorState = {};
  let term: Term | undefined;
  let lease = options.name;
  let failure: { readonly count: number; readonly last: MeshdError } | undefined;
  let notify = (): void => undefined;

  const now = (): Instant => ({ monotonicMs: clock.now(), wallMs: wall() });
  const left = (): number => remainingMs(state, timing, now());

  function endTerm(cause: string): void {
    term?.end(electionErrors.error('ELECTION_LOST', { cause }));
  }

  /** Brings the term in line with the state, whatever has just changed it. */
  function settle(): void {
    if (left() > 0) {
      if (term && !term.signal.aborted) term.extend(left());
      else term = beginTerm();
    } else if (term) {
      const { holder = '' } = state.seen?.lease.record ?? {};
      const other = holder !== '' && holder !== identity;
      endTerm(other ? `${holder} holds the lease now` : expiredCause());
    }
    notify();
  }

  function beginTerm(): Term {
    const started = startTerm(left, () =>
      electionErrors.error('ELECTION_LOST', { cause: expiredCause() }),
    );
    started.signal.addEventListener(
      'abort',
      () => {
        if (term === started) term = undefined;
        notify();
      },
      { once: true },
    );
    return started;
  }

  function expiredCause(): string {
    const seconds = timing.renewDeadlineMs / 1000;
    return `the lease could not be renewed within ${seconds} s${failure ? ` (${failure.last.code})` : ''}`;
  }

  async function look(api: LeaseApi, signal: AbortSignal): Promise<void> {
    const seen = await api.read(signal);
    state = seeLease(state, seen, identity, clock.now());
    settle();
  }

  /** One look and what follows from it. While it leads, the write alone tells as much as a look. */
  async function attempt(signal: AbortSignal): Promise<void> {
    const opened = await open();
    lease = opened.lease;
    const { api } = opened;
    if (left() <= 0) await look(api, signal);
    for (let conflicts = 0; ; conflicts += 1) {
      const startedAt = now();
      const step = nextStep(state, identity, timing, startedAt);
      if (step.op === 'wait') return;
      try {
        const stored = step.before
          ? await api.replace(step.before, step.record, signal)
          : await api.create(step.record, signal);
        state = holdLease(stored, startedAt);
        settle();
        return;
      } catch (error) {
        if (!hasCode(error, 'K8S_CONFLICT', 'K8S_NOT_FOUND') || conflicts >= maxConflicts)
          throw error;
        await look(api, signal);
      }
    }
  }

  /** Only once nothing is written any more. */
  async function release(): Promise<void> {
    const { seen } = state;
    endTerm('the daemon ends');
    state = {};
    notify();
    if (seen?.lease.record.holder !== identity) return;
    const bounded = new AbortController();
    const timer = setTimeout(() => bounded.abort(new Error('too late')), releaseMs);
    try {
      const { api } = await open();
      await api.replace(seen.lease, releasedRecord(seen.lease, now()), bounded.signal);
    } catch {
      // It runs out by itself.
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    term: () => (term && !term.signal.aborted ? term.signal : undefined),
    state() {
      const leads = term !== undefined && !term.signal.aborted;
      const holder = state.seen?.lease.record.holder;
      return {
        role: leads ? 'leader' : 'standby',
        lease,
        leader: leads ? identity : holder === identity || holder === '' ? undefined : holder,
      };
    },
    findings() {
      if (!failure || failure.count < patience) return [];
      const { message: cause, remedy } = failure.last;
      return [electionErrors.failure('ELECTION_FAILING', { lease, cause, remedy })];
    },
    async run(signal, onChange) {
      notify = onChange;
      while (!signal.aborted) {
        try {
          await attempt(signal);
          failure = undefined;
        } catch (error) {
          if (hasEnded(signal)) break;
          failure = { count: (failure?.count ?? 0) + 1, last: error as MeshdError };
          notify();
        }
        const spread = term ? 1 : 1 + random() / 5;
        await clock.sleep(timing.retryPeriodMs * spread, signal);
      }
      await release();
      options.close?.();
    },
  };
}

/** Asked anew after each wait, which the compiler does not know of. */
function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}
