/** The server's log: JSON lines on stderr. Stdout stays clean for the plugin description. */
import pino, { type DestinationStream } from 'pino';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  write(level: Level, message: string, fields?: Fields): void;
  /** For what requests can cause: a few lines of a kind in a while, the rest is counted. */
  limited(level: Level, message: string, fields?: Fields): void;
}

export interface LogOptions {
  readonly level?: Level;
  readonly destination?: DestinationStream;
  readonly now?: () => number;
}

/** What waits while the log cannot be written; beyond it lines are lost. */
const maxWaitingBytes = 64 * 1024;
const windowMs = 10_000;
const perWindow = 5;

export function createLog(options: LogOptions = {}): Log {
  const { level = 'info', now = Date.now } = options;
  const destination = options.destination ?? standardError();
  const logger = pino(
    {
      level,
      base: { component: 'plugin-server' },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const windows = new Map<
    string,
    { readonly startMs: number; written: number; suppressed: number }
  >();
  const write = (at: Level, message: string, fields: Fields = {}): void =>
    logger[at](fields, message);

  return {
    write,
    limited(at, message, fields = {}) {
      const key = `${at} ${message}`;
      const time = now();
      let window = windows.get(key);
      if (!window || time - window.startMs >= windowMs) {
        const suppressed = window?.suppressed ?? 0;
        // Messages may hold names out of requests: the map must not grow with them.
        if (windows.size > 500) windows.clear();
        window = { startMs: time, written: 0, suppressed: 0 };
        windows.set(key, window);
        if (suppressed > 0) write(at, message, { ...fields, suppressed });
        else write(at, message, fields);
        window.written = 1;
      } else if (window.written < perWindow) {
        window.written += 1;
        write(at, message, fields);
      } else {
        window.suppressed += 1;
      }
    },
  };
}

/** A log that cannot be written (a full disk, a collector that went away) loses lines, nothing else. */
function standardError(): DestinationStream {
  const destination = pino.destination({ fd: 2, sync: true, maxLength: maxWaitingBytes });
  destination.on('error', () => undefined);
  return destination;
}
