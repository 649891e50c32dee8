/** The doctor beside the daemon: its findings go to the status page and into the metrics. */
import type { Config } from '../config/schema';
import { allRules } from '../doctor/all-rules';
import type { Finding } from '../doctor/finding';
import { notAsked } from '../doctor/rules/not-asked';
import { passFinding } from '../doctor/rules/pass-finding';
import { diagnose } from '../doctor/diagnose';
import { gatherFacts } from '../doctor/gather/gather-facts';
import type { Observation } from '../sources/source';
import type { PassContext } from '../reconcile/context';
import { spread } from '../reconcile/spread';
import type { Status } from '../status/status';
import { compose } from './compose';
import { toFailure } from './doctor-failures';
import { hideInFailures } from './environment-secrets';
import type { Log } from './log';
import { watchedRules, type PluginServerWatch } from './watch-plugin-server';

/**
 * Looks now and then until the signal aborts. It has connections of its own, which write nothing: a
 * slow look never holds up a pass. What the passes go by is not read again: to list a large cluster
 * once more would hold them up by seconds.
 * @param seen what the last pass went by; undefined before the first one.
 */
export async function runChecks(
  config: Config,
  { env, clock }: Pick<PassContext, 'env' | 'clock'>,
  status: Pick<Status, 'recordChecks' | 'board'>,
  log: Log,
  plugin: Pick<PluginServerWatch, 'learn'>,
  seen: () => Observation | undefined,
  signal: AbortSignal,
  random: () => number = Math.random,
): Promise<void> {
  const { doctor } = config;
  if (doctor === false) return;
  const hide = hideInFailures({ env });
  // The first passes come first: before them most of what the doctor would find is not yet so. And
  // daemons that were started together must not look together: a look is a dozen lists.
  await clock.sleep(Math.min(doctor.interval, firstLookMs * (1 + random())), signal);
  while (!signal.aborted) {
    try {
      const observation = seen();
      const own = await compose(config, env, { readOnly: true });
      const source = observation && {
        name: 'passes',
        observe: () => Promise.resolve(observation),
      };
      const context = source ? { ...own, source } : own;
      const facts = await gatherFacts({ config, context }, signal);
      context.kong?.close?.();
      plugin.learn(facts.pluginServers?.[0]?.socket);
      const slow = allRules.filter(({ code }) => !watchedRules.has(code));
      const known = new Set(status.board.findings.map(({ failure }) => failure.code));
      const found = diagnose(facts, slow).filter((finding) => !isKnown(finding, known));
      status.recordChecks(hide(found.flatMap(toFailure)));
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      if (!isAborted(signal)) log.warn({ cause }, 'doctor could not look');
    }
    await clock.sleep(spread(doctor.interval, random), signal);
  }
}

const firstLookMs = 10_000;

/** What the passes say every second the checks need not say again under another code. */
function isKnown({ code, evidence }: Finding, ofPasses: ReadonlySet<string>): boolean {
  const repeats = code === notAsked.code || code === passFinding.code;
  return repeats && evidence.some((line) => ofPasses.has(line));
}

/** A function, because the compiler would take the loop's own check for still true. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
