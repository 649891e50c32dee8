/** A program of the project as a process of its own: started, watched, ended by its pid. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';

export interface Child {
  readonly pid: number;
  /** What it has written to standard output and to standard error so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with the exit code, null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Asks it to end, and makes it after `graceMs`. Resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A bound socket, handed over as systemd does it: see sd_listen_fds(3). */
  readonly socket?: number;
  /** A file that standard error goes to instead; `stderr` then stays empty. */
  readonly stderrTo?: string;
}

/** Only the process itself knows its pid before it runs; it stays the same over exec. */
const adopt = ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"', process.execPath];

/** Runs `node <args>`. What it does not inherit from `env` is only PATH. */
export function startNode(args: readonly string[], options: ChildOptions = {}): Child {
  const { socket, stderrTo } = options;
  const [program, handOver] = socket === undefined ? [process.execPath, []] : ['/bin/sh', adopt];
  const log = stderrTo === undefined ? ('pipe' as const) : openSync(stderrTo, 'a');
  const child = spawn(program, [...handOver, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['ignore', 'pipe', log, ...(socket === undefined ? [] : [socket])],
  }) as ChildProcessByStdio<null, Readable, Readable | null>;
  if (typeof log === 'number') closeSync(log);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    get pid() {
      return child.pid ?? -1;
    },
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    exited,
    kill: (signal) => void child.kill(signal),
    async stop(graceMs = 5000) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
