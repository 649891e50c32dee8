/** What the doctor finds, as the daemon reports it. */
import type { Failure } from '../../catalog/error';
import type { Finding } from '../doctor/finding';

/** Advice without a fault stays on the command line. */
export function toFailure({ code, severity, cause, fix, subject }: Finding): readonly Failure[] {
  if (severity === 'info') return [];
  return [{ code, severity, message: cause, remedy: fix, entity: subject }];
}
