/** What the doctor says of one thing that is wrong, or may become so. */

/**
 * `error`: requests fail or go past the mesh, now or at the next restart. `warning`: they will under
 * some condition. `info`: worth knowing, nothing to mend.
 */
export type Severity = 'error' | 'warning' | 'info';

export interface Finding {
  /**
   * Stable: `KM` and three digits, of which the first is the area. 0 what could not be asked, 1 the
   * gateway in the mesh, 2 links, 3 permissions, 4 addresses and DNS, 5 retries, timeouts and health
   * checks, 6 the Kong node and the plugin server, 7 versions of the mesh. A code is never used again
   * for something else.
   */
  readonly code: string;
  /** The rule's name in kebab case: `identity-wrong`. */
  readonly rule: string;
  readonly severity: Severity;
  /** What it is about, as users name it: `service orders`, `gateway kong-01`, `kong`, `mesh default`. */
  readonly subject: string;
  /** One sentence: what is wrong and what comes of it. */
  readonly cause: string;
  /** What was seen, one fact a line. Never holds a secret. */
  readonly evidence: readonly string[];
  /** What to do about it. */
  readonly fix: string;
  /** The page and anchor that say more, relative to the documentation's root. */
  readonly docs: string;
}

export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** Whether `severity` is as bad as `than`, or worse. */
export function isAtLeast(severity: Severity, than: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(than);
}
