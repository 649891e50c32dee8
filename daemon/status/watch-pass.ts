/**
 * Looks over a pass's shoulder: what its sources and targets were asked, how long that took, and what
 * came of it. The pass itself knows nothing of clocks for metrics.
 */
import type { Observation } from '../sources/source';
import type { PassContext } from '../reconcile/context';
import type { ContactName, Contacts } from './contacts';
import { decorate } from '../reconcile/decorate';

export const phases = ['observe', 'translate', 'expand', 'switch', 'contract'] as const;
export type Phase = (typeof phases)[number];

/** What a pass went through, from the outside. */
export interface PassMarks {
  /** Time spent in the phases that ran. What no source or target took is translation. */
  readonly phasesMs: Readonly<Partial<Record<Phase, number>>>;
  /** Targets that were found to hold something else than what was applied. */
  readonly drifted: readonly string[];
  /** Targets that hold what they should, by their own word: a probe or an apply. */
  readonly confirmed: readonly string[];
  /** When each was last in contact, since the start, in ms since the epoch. */
  readonly contacts: Contacts;
  /** Hash of the snapshot that was applied last; absent before. */
  readonly snapshotHash?: string;
  /** The look at the mesh: `failed` where even the last good one was not to be had. */
  readonly observed?: 'fresh' | 'stale' | 'failed';
}

export interface WatchedPass {
  /** The context to run passes with. */
  readonly context: PassContext;
  /** The marks since the last call; `durationMs` is that of the pass they belong to. */
  take(durationMs: number): PassMarks;
  /** As of this moment, also while a pass is under way. */
  readonly contacts: () => Contacts;
}

/** Wraps source and targets; what they do, return and throw stays the same. */
export function watchPass(context: PassContext, wallClock: () => number = Date.now): WatchedPass {
  const { source, kong, snapshot, dataplane, clock } = context;
  let marks = freshMarks();
  let snapshotHash: string | undefined;
  let contacts: Contacts = {};

  function confirm(name: ContactName, target: string): void {
    marks.confirmed.push(target);
    contacts = { ...contacts, [name]: wallClock() };
  }

  async function timed<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const startedAt = clock.now();
    try {
      return await work();
    } finally {
      marks.phasesMs[phase] = (marks.phasesMs[phase] ?? 0) + clock.now() - startedAt;
    }
  }

  async function observe(signal: AbortSignal): Promise<Observation> {
    marks.observed = 'failed';
    const observation = await timed('observe', () => source.observe(signal));
    marks.observed = observation.stale ? 'stale' : 'fresh';
    if (!observation.stale) contacts = { ...contacts, mesh: wallClock() };
    return observation;
  }

  async function probe(
    name: ContactName,
    target: string,
    work: () => Promise<'same' | 'drifted' | 'unknown'>,
  ): Promise<'same' | 'drifted' | 'unknown'> {
    const state = await timed('switch', work);
    if (state === 'drifted') marks.drifted.push(target);
    if (state === 'same') confirm(name, target);
    return state;
  }

  return {
    context: {
      ...context,
      source: decorate(source, { observe }),
      kong:
        kong &&
        decorate(kong, {
          read: (signal) => timed('switch', () => kong.read(signal)),
          canonicalise: (desired, signal) =>
            timed('switch', () => kong.canonicalise(desired, signal)),
          async apply(plan, desired, signal) {
            const report = await timed('switch', () => kong.apply(plan, desired, signal));
            confirm('kong', kong.name);
            return report;
          },
          probe: (signal) => probe('kong', kong.name, () => kong.probe(signal)),
        }),
      snapshot:
        snapshot &&
        decorate(snapshot, {
          async apply(next, signal) {
            const report = await timed('switch', () => snapshot.apply(next, signal));
            snapshotHash = next.hash;
            confirm('snapshot', 'snapshot');
            return report;
          },
          probe: (signal) => probe('snapshot', 'snapshot', () => snapshot.probe(signal)),
        }),
      dataplane:
        dataplane &&
        decorate(dataplane, {
          expand: (plan, signal) => timed('expand', () => dataplane.expand(plan, signal)),
          contract: (plan, signal) => timed('contract', () => dataplane.contract(plan, signal)),
        }),
    },
    take(durationMs) {
      const taken = marks;
      marks = freshMarks();
      const spent = Object.values(taken.phasesMs).reduce((sum, ms) => sum + ms, 0);
      // Nothing was translated where the look at the mesh failed.
      const translated = taken.observed === 'failed' ? {} : { translate: durationMs - spent };
      return {
        ...taken,
        contacts,
        phasesMs: mapValues({ ...taken.phasesMs, ...translated }, (ms) => Math.max(0, ms)),
        ...(snapshotHash === undefined ? {} : { snapshotHash }),
      };
    },
    contacts: () => contacts,
  };
}

interface GrowingMarks {
  readonly phasesMs: Partial<Record<Phase, number>>;
  readonly drifted: string[];
  readonly confirmed: string[];
  observed?: 'fresh' | 'stale' | 'failed';
}

function freshMarks(): GrowingMarks {
  return { phasesMs: {}, drifted: [], confirmed: [] };
}

function mapValues<K extends string>(
  record: Readonly<Partial<Record<K, number>>>,
  change: (value: number) => number,
): Partial<Record<K, number>> {
  const changed: Partial<Record<K, number>> = {};
  for (const key of Object.keys(record) as K[]) changed[key] = change(record[key] ?? 0);
  return changed;
}
