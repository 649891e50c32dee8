/** One line of Kong's error log, without time, process and request. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'crit';
  /** The text as Kong words it, for example `[kong] mp_rpc.lua:318 [sample] no data`. */
  readonly text: string;
}

export type Log = (entry: LogEntry) => void;
