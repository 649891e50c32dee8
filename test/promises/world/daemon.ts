/** The daemon in this process: the real composition, its passes one at a time and by hand. */
import { compose } from '../../../daemon/cli/compose';
import { parseConfig } from '../../../daemon/config/load';
import type { Config } from '../../../daemon/config/schema';
import type { PassContext, PassRequest } from '../../../daemon/reconcile/context';
import { runPass, type PassMemory } from '../../../daemon/reconcile/pass';
import type { PassReport } from '../../../daemon/reconcile/report';

/** Takes one rule out of the composition: what the test of the checker does. */
export type Sabotage = (context: PassContext) => PassContext;

export interface InProcessDaemon {
  readonly config: Config;
  /** @throws Error where a pass does not end. */
  pass(request?: Partial<PassRequest>): Promise<PassReport>;
  /** Aborts the pass under way, as a signal to the process does. */
  interrupt(): void;
  close(): void;
}

/** Real time. No promise speaks of so long a pass: every wait is bounded far below. */
const passLimitMs = 30_000;

/** @param settings what kong-meshd.yaml holds, as an object. */
export function openDaemon(settings: object, sabotage: Sabotage = (same) => same): InProcessDaemon {
  const loaded = parseConfig(JSON.stringify(settings), { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failures));
  const { config } = loaded;
  const composed = compose(config, {}, { readOnly: false }).then(sabotage);
  const memory: PassMemory = {};
  let running: AbortController | undefined;
  return {
    config,
    async pass(request = {}) {
      const controller = new AbortController();
      running = controller;
      const meshEveryMs = config.loop.interval;
      const whole = { dryRun: false, confirmDeletes: false, meshEveryMs, ...request };
      const limit = AbortSignal.timeout(passLimitMs);
      const late = new Promise<never>((_, reject) => {
        limit.addEventListener('abort', () => reject(new Error('a pass does not end')));
      });
      late.catch(() => undefined);
      try {
        const context = await composed;
        return await Promise.race([runPass(context, memory, whole, controller.signal), late]);
      } finally {
        running = undefined;
      }
    },
    interrupt() {
      running?.abort(new Error('stopped'));
    },
    close() {
      void composed.then(({ kong }) => kong?.close?.());
    },
  };
}
