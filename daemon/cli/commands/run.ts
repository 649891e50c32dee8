import { isDeepStrictEqual } from 'node:util';

import { MeshdError, type Failure } from '../../../catalog/error';
import type { LoadResult } from '../../config/load';
import type { Config } from '../../config/schema';
import { createLoop } from '../../reconcile/loop';
import type { PassContext } from '../../reconcile/context';
import type { PassReport } from '../../reconcile/report';
import type { Leadership } from '../../election/leadership';
import type { Status } from '../../status/status';
import type { Observation } from '../../sources/source';
import { byLeader } from '../../reconcile/by-leader';
import { runPass, type PassMemory } from '../../reconcile/pass';
import { seePass } from '../../status/pass-seen';
import { watchPass } from '../../status/watch-pass';
import { runChecks } from '../checks';
import { compose } from '../compose';
import { composeElection, localTarget } from '../compose-election';
import { hideInFailures } from '../environment-secrets';
import { printFailures } from '../findings';
import { watchPluginServer } from '../watch-plugin-server';
import { createLog, reportPass, type Log, type LogMemory } from '../log';
import {
  addCommonFlags,
  collectFiles,
  type CommonFlags,
  kongFilesText,
  loadFromFlags,
  stateText,
} from '../options';
import { composeEvents } from '../compose-events';
import { composeStatus } from '../compose-status';
import type { Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

export const addRun: AddCommand = (program, terminal, end) => {
  const command = program
    .command('run')
    .description(summaries.run.description)
    .argument('[files...]', kongFilesText)
    .option('-s, --state <file>', stateText, collectFiles, []);
  addCommonFlags(command).action(async (files: string[], flags: CommonFlags) => {
    const loaded = await loadFromFlags(flags, files, terminal);
    if (!loaded.ok) {
      printFailures(loaded.failures, terminal);
      end(1);
      return;
    }
    const load = (): Promise<LoadResult> => loadFromFlags(flags, files, terminal);
    await runWithReloads(loaded, load, flags.quiet === true, terminal);
    end(0);
  });
};

type Loaded = Extract<LoadResult, { ok: true }>;

/**
 * The daemon until it is stopped. SIGHUP reads the configuration again: one that is not valid is said
 * and not used; one that is equal makes a pass; another one starts the daemon again in this process.
 */
async function runWithReloads(
  first: Loaded,
  load: () => Promise<LoadResult>,
  quiet: boolean,
  { env, signal, onHangup }: Pick<Terminal, 'env' | 'signal' | 'onHangup'>,
): Promise<void> {
  for (let current: Loaded | undefined = first; current && !signal.aborted;) {
    const { config, failures }: Loaded = current;
    const log = createLog(quiet ? 'warn' : config.log.level);
    const report = ({ code, message, remedy }: Failure): void => {
      log.warn({ code, finding: message, remedy }, 'finding');
    };
    failures.forEach(report);
    const turn = new AbortController();
    const stop = (): void => turn.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    let next: Loaded | undefined;
    let lookAgain = (): void => undefined;
    const reload = async (): Promise<void> => {
      const loaded = await load();
      if (!loaded.ok) {
        loaded.failures.forEach(report);
        log.error('SIGHUP: the configuration is not valid; the one in use stays');
      } else if (isDeepStrictEqual(loaded.config, config)) {
        log.info('SIGHUP: the configuration is the same; looking at everything again');
        lookAgain();
      } else {
        log.info('SIGHUP: the configuration is another one; starting with it');
        next = loaded;
        turn.abort(new Error('another configuration'));
      }
    };
    const ignore = onHangup?.(() => {
      reload().catch((error: unknown) => log.error({ cause: String(error) }, 'SIGHUP: not done'));
    });
    const context = await compose(config, env, { isDaemon: true, readOnly: false, report });
    await runDaemon(config, context, log, turn.signal, (trigger) => (lookAgain = trigger));
    context.kong?.close?.();
    ignore?.();
    signal.removeEventListener('abort', stop);
    current = next;
  }
}

/** Runs passes until the signal aborts, then ends; what is live stays as it is. */
export async function runDaemon(
  config: Config,
  context: PassContext,
  log: Log,
  signal: AbortSignal,
  giveTrigger?: (trigger: () => void) => void,
): Promise<void> {
  const memory: PassMemory = {};
  const said: LogMemory = { known: new Map() };
  const hide = hideInFailures(context);
  const watched = watchPass(context);
  const events = composeEvents(config, context.env, log);
  const status = composeStatus(config, context, log, watched.contacts);
  const ending = new AbortController();
  const leadership = composeElection(config, context.clock);
  const contextOf = leadership ? byLeader(watched.context, leadership) : () => watched.context;
  const loop = createLoop({
    timing: {
      intervalMs: config.loop.interval,
      debounceMs: config.loop.debounce,
      minIntervalMs: config.loop.minInterval,
      maxBackoffMs: config.loop.maxBackoff,
    },
    clock: context.clock,
    pass: async (passSignal) => {
      const request = {
        dryRun: false,
        confirmDeletes: false,
        meshEveryMs: config.loop.interval,
      };
      const context = contextOf(memory);
      const ended = await runPass(context, memory, request, passSignal);
      const passed = { ...ended, failures: hide(ended.failures) };
      const report = leadership ? withElection(passed, leadership, config) : passed;
      const marks = watched.take(report.durationMs);
      // A pass that was interrupted by the shutdown did not fail.
      if (!passSignal.aborted) {
        reportPass(log, report, said);
        events?.report(report.failures);
        status.record(seePass(report, memory, marks, Date.now()));
      }
      return report.outcome !== 'failed';
    },
  });
  const trigger = (): void => {
    loop.trigger();
  };
  giveTrigger?.(trigger);
  const stops = [context.source.watch?.(trigger), context.kongFiles?.watch(trigger)];
  log.info({ source: context.source.name, mesh: config.mesh }, 'started');
  const serving = status.serve(ending.signal);
  const electing = leadership?.run(ending.signal, electionLog(leadership, status, log, trigger));
  const plugin = watchPluginServer(config, context, status);
  const recording = events?.run(ending.signal);
  const seen = (): Observation | undefined => {
    const { observation } = memory;
    const cluster = observation && context.source.cluster?.();
    return cluster ? { ...observation, cluster } : observation;
  };
  const checking = runChecks(config, context, status, log, plugin, seen, ending.signal);
  const watching = plugin.run(ending.signal);
  try {
    await loop.run(signal);
  } finally {
    ending.abort();
    // The lease is handed over only now, when no pass can write any more.
    await Promise.all([serving, checking, watching, electing, recording]);
    for (const stop of stops) stop?.();
  }
  log.info({ reason: reasonOf(signal) }, 'stopped');
}

/** What the election finds stands beside what the pass found. */
function withElection(report: PassReport, leadership: Leadership, config: Config): PassReport {
  const standby = leadership.state().role === 'standby';
  const found = [...leadership.findings(), ...(standby ? localTarget(config) : [])];
  return found.length === 0 ? report : { ...report, failures: [...report.failures, ...found] };
}

/** Tells of each change of roles once, and asks for a pass in the new one. */
function electionLog(
  leadership: Leadership,
  status: Pick<Status, 'recordElection'>,
  log: Log,
  trigger: () => void,
): () => void {
  let told: string | undefined;
  const tell = (): void => {
    const state = leadership.state();
    const { role, lease, leader } = state;
    const now = `${role} ${leader ?? ''}`;
    if (now === told) return;
    told = now;
    status.recordElection(state);
    log.info({ role, lease, leader: leader ?? null }, 'election');
    trigger();
  };
  tell();
  return tell;
}

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  if (reason instanceof MeshdError) return reason.code;
  return reason instanceof Error ? reason.message : 'asked to';
}
