import type { Log } from './gateway-log';

export interface FailedConnect {
  readonly socketPath: string;
  readonly pluginName: string;
  readonly log: Log;
  /** File and line of Kong's own message. */
  readonly place: string;
}

/** Logs a failed connect as Kong does. @returns the error text that Kong goes on with. */
export function connectFailure(
  error: unknown,
  { socketPath, pluginName, log, place }: FailedConnect,
): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  const known = connectErrors[code];
  const text = known?.text ?? code;
  log({
    level: known?.level ?? 'error',
    text: `connect() to unix:${socketPath} failed (${known?.number ?? '?'}: ${text})`,
  });
  log({
    level: 'error',
    text: `[kong] ${place} [${pluginName}] trying to connect: ${text.toLowerCase()}`,
  });
  return text.toLowerCase();
}

const connectErrors: Readonly<
  Record<string, { level: 'crit' | 'error'; number: number; text: string } | undefined>
> = {
  ENOENT: { level: 'crit', number: 2, text: 'No such file or directory' },
  EACCES: { level: 'crit', number: 13, text: 'Permission denied' },
  ECONNREFUSED: { level: 'error', number: 111, text: 'Connection refused' },
};
