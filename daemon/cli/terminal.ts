import type { ReportProgress } from '../progress';

/** Where a command reads from and writes to: the process, or a test's own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For results: what a pipe should get. */
  out(text: string): void;
  /** For findings, progress and logs. */
  err(text: string): void;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Calls back on each SIGHUP, which ends the process where nobody listens. Gives back how to stop. */
  readonly onHangup?: (listener: () => void) => () => void;
  /**
   * Asks a person for one line; absent where there is no TTY. Undefined where none will come: at the end
   * of the input, or once the signal is given.
   */
  readonly ask?: (question: string) => Promise<string | undefined>;
  /** Whether colour reaches a person: a TTY, and NO_COLOR not set. */
  readonly colour: boolean;
  /** Shows how far long work is; absent where standard error is no TTY. */
  readonly progress?: ReportProgress;
}

/** decK's exit codes: fine, an error, and `diff --non-zero-exit-code` with changes. */
export type ExitCode = 0 | 1 | 2;
