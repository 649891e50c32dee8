/** The constant load of `load-process.ts`, from the side that wants it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Result } from './judge';

export type LoadMessage =
  { readonly type: 'names'; readonly names: readonly string[] } | { readonly type: 'stop' };

/** How long a request is waited for. */
export const timeoutMs = 10_000;

export interface LoadReport {
  readonly results: readonly Result[];
  /** The longest that the sender was kept from running so far. */
  readonly loopDelayMs: number;
  readonly done: boolean;
}

export interface Load {
  /** Services to ask for, in turn; takes effect with the next request. */
  ask(names: readonly string[]): void;
  readonly loopDelayMs: number;
  /** Resolves when all requests under way have ended and were told of. */
  stop(): Promise<void>;
}

export function startLoad(
  proxyUrl: string,
  perSecond: number,
  onResult: (result: Result) => void,
): Load {
  const child = fork(join(__dirname, 'load-process.js'), [proxyUrl, String(perSecond)]);
  let loopDelayMs = 0;
  child.on('message', (report: LoadReport) => {
    loopDelayMs = report.loopDelayMs;
    for (const result of report.results) onResult(result);
  });
  const exited = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`the load ended with ${String(code)}`);
  });
  // Awaited in `stop`; until then a failure must not be taken for an unhandled one.
  exited.catch(() => undefined);
  const tell = (message: LoadMessage): void => void child.send(message, () => undefined);
  return {
    ask: (names) => tell({ type: 'names', names }),
    get loopDelayMs() {
      return loopDelayMs;
    },
    async stop() {
      if (child.connected) tell({ type: 'stop' });
      await exited;
    },
  };
}
