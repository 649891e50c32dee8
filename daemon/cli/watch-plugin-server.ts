/** Looks at the plugin server now and then: Kong asks it at each request of a link that is looked up then. */
import type { Config } from '../config/schema';
import { diagnose } from '../doctor/diagnose';
import type { Facts, PluginServerFacts } from '../doctor/facts';
import { gatherPluginServer } from '../doctor/gather/plugin-server';
import { findPluginSocket } from '../doctor/gather/plugin-socket';
import { pluginServerBehind } from '../doctor/rules/plugin-server-behind';
import { pluginServerUnreachable } from '../doctor/rules/plugin-server-unreachable';
import { pluginVersion } from '../doctor/rules/plugin-version';
import type { PassContext } from '../reconcile/context';
import { spread } from '../reconcile/spread';
import type { Board } from '../status/board';
import type { Status } from '../status/status';
import { version } from '../version';
import { toFailure } from './doctor-failures';
import { findPluginMetrics, readPluginMetrics } from './plugin-metrics';

const rules = [pluginServerUnreachable, pluginServerBehind, pluginVersion];
/** What is found here need not be found by the slower checks again. */
export const watchedRules: ReadonlySet<string> = new Set(rules.map(({ code }) => code));

const everyMs = 5_000;
const answerMs = 2_000;

export interface PluginServerWatch {
  /** What Kong said of the socket, once it was asked. */
  learn(socket: string | undefined): void;
  /** Looks until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export function watchPluginServer(
  config: Config,
  { env, clock, settings }: Pick<PassContext, 'env' | 'clock' | 'settings'>,
  status: Pick<Status, 'recordPluginServer' | 'recordRequests' | 'board'>,
  random: () => number = Math.random,
): PluginServerWatch {
  const { pluginName } = settings.rules;
  const metrics = findPluginMetrics(config, env);
  let known: string | undefined;

  async function lookAtRequests(signal: AbortSignal): Promise<void> {
    const totals = metrics && (await readPluginMetrics(metrics, answerMs, signal));
    if (totals) status.recordRequests(totals);
  }

  async function look(signal: AbortSignal): Promise<void> {
    // One that was there once is missed when it is gone.
    known = await findPluginSocket(config, env, known);
    if (known === undefined) return;
    const found = await gatherPluginServer(known, pluginName, answerMs, signal);
    const { problem, version: served, snapshotHashes = [] } = found;
    const [snapshotHash] = snapshotHashes;
    const seen = {
      socket: known,
      ...(problem === undefined ? {} : { problem }),
      ...(served === undefined ? {} : { version: served }),
      ...(snapshotHash === undefined ? {} : { snapshotHash }),
    };
    const facts = factsOf(status.board, found, config, pluginName);
    status.recordPluginServer(seen, diagnose(facts, rules).flatMap(toFailure));
  }

  return {
    learn(socket) {
      known = socket ?? known;
    },
    async run(signal) {
      while (!signal.aborted) {
        await Promise.allSettled([look(signal), lookAtRequests(signal)]);
        await clock.sleep(spread(everyMs, random), signal);
      }
    },
  };
}

/** Only what the rules look at. */
function factsOf(
  { kong, links, snapshot }: Board,
  found: PluginServerFacts,
  { mesh, gateway }: Config,
  pluginName: string,
): Facts {
  const state = kong ?? { entities: [], passthrough: {}, selectTags: [] };
  return {
    settings: {
      mesh,
      environment: gateway.environment,
      dataplanes: [],
      owner: gateway.owner,
      pluginName,
      version,
    },
    unasked: [],
    failures: [],
    policies: {},
    kong: { user: state, desired: state, links },
    pluginServers: [found],
    ...(snapshot?.hash === undefined
      ? {}
      : {
          snapshot: {
            file: snapshot.file,
            hash: snapshot.hash,
            ...(snapshot.writtenAtMs === undefined
              ? {}
              : { ageMs: Date.now() - snapshot.writtenAtMs }),
          },
        }),
  };
}
