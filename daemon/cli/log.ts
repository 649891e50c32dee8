/** The daemon's log: JSON lines on stderr, constant messages, data in fields. */
import pino from 'pino';

import { formatPlace, type Failure } from '../../catalog/error';
import type { PassReport } from '../reconcile/report';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** What waits while the log cannot be written; beyond it lines are lost. */
const maxWaitingBytes = 64 * 1024;

/** A log that cannot be written (a full disk, a collector that went away) loses lines, nothing else. */
export function createLog(level: string): Log {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: maxWaitingBytes });
  destination.on('error', () => undefined);
  return pino({ level, base: null }, destination);
}

/** What the passes before have said: a state is said when it begins and when it ends. */
export interface LogMemory {
  /** Code by finding. */
  readonly known: Map<string, string>;
  outcome?: PassReport['outcome'];
}

/**
 * One line per pass that did something or ended otherwise than the one before it, and one per finding
 * when it comes and when it goes: what lasts is not repeated every second.
 * @param memory is updated in place.
 */
export function reportPass(log: Log, report: PassReport, memory: LogMemory): void {
  const { outcome, kong, snapshot, dataplane, services } = report;
  const fields = {
    outcome,
    services,
    ...(kong ? { target: kong.target, ...kong.plan.summary, writes: kong.writes } : {}),
    ...(snapshot ? { snapshotWritten: snapshot.written } : {}),
    outboundsAdded: dataplane.expanded.length,
    outboundsRemoved: dataplane.contracted.length,
    durationMs: Math.round(report.durationMs),
  };
  const isBad = outcome !== 'unchanged' && outcome !== 'applied';
  const lasts = outcome === memory.outcome && !hasWritten(report);
  // A trouble that is over is said, also where the pass after it has nothing left to do.
  const isOver = memory.outcome === 'failed' || memory.outcome === 'held';
  if (isBad && !lasts) log.warn(fields, 'pass');
  else if (!isBad && (outcome === 'applied' || isOver)) log.info(fields, 'pass');
  else log.debug(fields, 'pass');
  memory.outcome = outcome;
  reportFindings(log, report, memory.known);
}

function hasWritten({ kong, snapshot, dataplane }: PassReport): boolean {
  const onDataplane = dataplane.expanded.length + dataplane.contracted.length;
  return (kong?.writes ?? 0) + onDataplane > 0 || snapshot?.written === true;
}

function reportFindings(log: Log, { failures }: PassReport, known: Map<string, string>): void {
  const current = new Map(failures.map((failure) => [keyOf(failure), failure]));
  for (const [key, failure] of current) {
    if (known.has(key)) continue;
    known.set(key, failure.code);
    const { code, message, remedy, entity, place, severity } = failure;
    const fields = {
      code,
      finding: message,
      remedy,
      ...(entity === undefined ? {} : { entity }),
      ...(place ? { place: formatPlace(place) } : {}),
    };
    if (severity === 'error') log.error(fields, 'finding');
    else log.warn(fields, 'finding');
  }
  for (const [key, code] of known) {
    if (current.has(key)) continue;
    known.delete(key);
    log.info({ code, finding: key }, 'finding gone');
  }
}

function keyOf({ code, entity, place, message }: Failure): string {
  return [code, entity ?? '', place ? formatPlace(place) : '', message].join(' ').trim();
}
