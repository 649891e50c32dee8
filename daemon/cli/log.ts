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

/**
 * One line per pass that did something, and one per finding when it comes and when it goes: a finding
 * that lasts is not repeated every second.
 * @param known the findings of the passes before; updated in place.
 */
export function reportPass(log: Log, report: PassReport, known: Map<string, string>): void {
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
  if (outcome === 'unchanged') log.debug(fields, 'pass');
  else if (outcome === 'applied') log.info(fields, 'pass');
  else log.warn(fields, 'pass');
  reportFindings(log, report.failures, known);
}

function reportFindings(log: Log, failures: readonly Failure[], known: Map<string, string>): void {
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
