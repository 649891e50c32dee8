/** Bridges the outages of a source: stale beats wrong, and beats nothing. */
import { MeshdError, type Failure } from '../../catalog/error';
import { sourceErrors } from './errors';
import { readObservation, writeObservation, type StoredObservation } from './observation-file';
import type { Observation, Source } from './source';

export interface LastGoodOptions {
  /** Keeps the observation over restarts. */
  readonly file?: string;
  /**
   * What is observed, in any words: a file about something else (another mesh, other gateways) is
   * not used.
   */
  readonly about?: string;
  /** The file is used, but never written: for commands that only show. */
  readonly readOnly?: boolean;
  /** Hears of a file that could not be used or written, once while it lasts: neither stops anything. */
  readonly report?: (failure: Failure) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Gives the last good observation, marked `stale`, where the source fails; rejects only where there
 * is none, or where the signal aborts. While the same failure lasts it is the very same object.
 */
export function lastGood(source: Source, options: LastGoodOptions = {}): Source {
  const { file, about = '', readOnly = false, report = () => undefined, now = Date.now } = options;
  let good: StoredObservation | undefined;
  let stale: Observation | undefined;
  let loaded = file === undefined;
  let storedRevision: string | undefined;
  let reported: string | undefined;

  async function keep(observation: Observation): Promise<void> {
    good = { observation, sinceMs: now() };
    stale = undefined;
    if (file === undefined || readOnly || storedRevision === observation.revision) return;
    const failure = await writeObservation(file, about, observation);
    if (!failure) storedRevision = observation.revision;
    else if (failure.message !== reported) report(failure);
    reported = failure?.message;
  }

  async function bridge(error: unknown): Promise<Observation> {
    if (!good && !loaded && file !== undefined) {
      loaded = true;
      const read = await readObservation(file, about);
      if (read?.ok === false) report(read.failure);
      else good = read?.stored;
    }
    if (!good) throw error;
    const failure = failureOf(error, source.name);
    const known = stale?.stale?.failure;
    if (stale && known?.code === failure.code && known.message === failure.message) return stale;
    stale = Object.freeze({ ...good.observation, stale: { sinceMs: good.sinceMs, failure } });
    return stale;
  }

  return {
    name: `lastGood(${source.name})`,
    async observe(signal) {
      let observation: Observation;
      try {
        observation = await source.observe(signal);
      } catch (error) {
        // The end of the daemon is no outage of the mesh.
        signal.throwIfAborted();
        return bridge(error);
      }
      // A source within may have bridged an outage of its own: that is no new good look.
      if (!observation.stale) await keep(observation);
      return observation;
    },
    ...(source.cluster ? { cluster: source.cluster.bind(source) } : {}),
    ...(source.watch ? { watch: source.watch.bind(source) } : {}),
  };
}

function failureOf(error: unknown, source: string): Failure {
  if (error instanceof MeshdError) return error.toFailure();
  const cause = error instanceof Error ? error.message : String(error);
  return sourceErrors.failure('SOURCE_FAILED', { source, cause });
}
