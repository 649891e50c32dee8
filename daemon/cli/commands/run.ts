import { MeshdError, type Failure } from '../../../catalog/error';
import type { Config } from '../../config/schema';
import { createLoop } from '../../reconcile/loop';
import type { PassContext } from '../../reconcile/context';
import { runPass, type PassMemory } from '../../reconcile/pass';
import { seePass } from '../../status/pass-seen';
import { watchPass } from '../../status/watch-pass';
import { runChecks } from '../checks';
import { compose } from '../compose';
import { printFailures } from '../findings';
import { createLog, reportPass, type Log } from '../log';
import { addCommonFlags, loadFromFlags, type CommonFlags } from '../options';
import { composeStatus } from '../compose-status';
import type { AddCommand } from './command';

export const addRun: AddCommand = (program, terminal, end) => {
  const command = program
    .command('run')
    .description('the daemon: keep everything in step until stopped')
    .argument('[files...]', 'Kong configuration in place of kong.config');
  addCommonFlags(command).action(async (files: string[], flags: CommonFlags) => {
    const loaded = await loadFromFlags(flags, files, terminal);
    if (!loaded.ok) {
      printFailures(loaded.failures, terminal);
      end(1);
      return;
    }
    const log = createLog(flags.quiet === true ? 'warn' : loaded.config.log.level);
    const report = ({ code, message, remedy }: Failure): void => {
      log.warn({ code, finding: message, remedy }, 'finding');
    };
    loaded.failures.forEach(report);
    await runDaemon(
      loaded.config,
      compose(loaded.config, terminal.env, { readOnly: false, report }),
      log,
      terminal.signal,
    );
    end(0);
  });
};

/** Runs passes until the signal aborts, then ends; what is live stays as it is. */
export async function runDaemon(
  config: Config,
  context: PassContext,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const memory: PassMemory = {};
  const known = new Map<string, string>();
  const watched = watchPass(context);
  const status = composeStatus(config, context, log);
  const ending = new AbortController();
  const loop = createLoop({
    timing: {
      intervalMs: config.loop.interval,
      debounceMs: config.loop.debounce,
      minIntervalMs: config.loop.minInterval,
      maxBackoffMs: config.loop.maxBackoff,
    },
    clock: context.clock,
    pass: async (passSignal) => {
      const request = { dryRun: false, confirmDeletes: false };
      const report = await runPass(watched.context, memory, request, passSignal);
      const marks = watched.take(report.durationMs);
      // A pass that was interrupted by the shutdown did not fail.
      if (!passSignal.aborted) {
        reportPass(log, report, known);
        status.record(seePass(report, memory, marks, Date.now()));
      }
      return report.outcome !== 'failed';
    },
  });
  const trigger = (): void => {
    loop.trigger();
  };
  const stops = [context.source.watch?.(trigger), context.kongFiles?.watch(trigger)];
  log.info({ source: context.source.name, mesh: config.mesh }, 'started');
  const serving = status.serve(ending.signal);
  const checking = runChecks(config, context, status, log, ending.signal);
  try {
    await loop.run(signal);
  } finally {
    ending.abort();
    await Promise.all([serving, checking]);
    for (const stop of stops) stop?.();
  }
  log.info({ reason: reasonOf(signal) }, 'stopped');
}

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  if (reason instanceof MeshdError) return reason.code;
  return reason instanceof Error ? reason.message : 'asked to';
}
