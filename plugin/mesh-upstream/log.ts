/**
 * The plugin's log: JSON lines on stderr. Kong's own log would cost a round trip a line, and stdout
 * belongs to the plugin server's dump.
 */

export type Level = 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, unknown>>;
export type Log = (level: Level, message: string, fields: Fields) => void;

/** The same line is written at most once in this time: an outage meets every worker and instance. */
const repeatMs = 60_000;
const remembered = 1_000;

/** @param write gets whole lines with their newline. */
export function createLog(
  write: (line: string) => void = writeToStandardError,
  now: () => number = Date.now,
): Log {
  /** Oldest first. */
  const lastWritten = new Map<string, number>();
  return (level, message, fields) => {
    const time = now();
    const key = `${level} ${message} ${JSON.stringify(fields)}`;
    // A clock that was set back must not silence anything.
    const isRecent = (at: number): boolean => time >= at && time - at < repeatMs;
    if (isRecent(lastWritten.get(key) ?? -Infinity)) return;
    for (const [old, at] of lastWritten) {
      if (isRecent(at) && lastWritten.size < remembered) break;
      lastWritten.delete(old);
    }
    lastWritten.delete(key);
    lastWritten.set(key, time);
    write(`${JSON.stringify({ level, time, plugin: 'mesh-upstream', msg: message, ...fields })}\n`);
  };
}

let guarded = false;

/** A log that cannot be written, on a full disk, must not take the plugin server with it. */
function writeToStandardError(line: string): void {
  if (!guarded) process.stderr.on('error', () => undefined);
  guarded = true;
  process.stderr.write(line);
}

export const log: Log = createLog();
