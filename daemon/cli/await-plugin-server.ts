/** The end of a one-shot sync: the plugin server answers by the snapshot that was written. */
import type { Failure } from '../../catalog/error';
import type { Config } from '../config/schema';
import { gatherPluginServer } from '../doctor/gather/plugin-server';
import { findPluginSocket } from '../doctor/gather/plugin-socket';
import { pluginServerBehind } from '../doctor/rules/plugin-server-behind';
import type { PassContext } from '../reconcile/context';

/** It looks at its file within half a second of a change; the rest is for a busy machine. */
const followsMs = 3_000;
const everyMs = 50;
const answerMs = 1_000;

/**
 * Waits for as long as the plugin server may take to follow. One that is not there, or not on this host,
 * is not waited for. Rejects for the signal alone.
 * @returns what is wrong where it still serves another snapshot in the end.
 */
export async function awaitPluginServer(
  config: Config,
  { env, snapshot, clock, settings }: PassContext,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const written = await snapshot?.read(signal);
  const socket = written && (await findPluginSocket(config, env));
  if (!written || socket === undefined) return [];
  const { pluginName } = settings.rules;
  const until = clock.now() + followsMs;
  for (;;) {
    const { snapshotHashes } = await gatherPluginServer(socket, pluginName, answerMs, signal);
    const served = snapshotHashes ?? [];
    const other = served.find((hash) => hash !== written.hash);
    if (other === undefined) return [];
    if (clock.now() >= until) {
      const { code, fix } = pluginServerBehind;
      const message = `The plugin server at ${socket} answers by the snapshot ${other.slice(0, 12)}, and not yet by ${written.hash.slice(0, 12)}, which was written to ${config.plugin?.snapshot ?? 'its file'}.`;
      return [{ code, severity: 'warning', message, remedy: fix, entity: 'plugin server' }];
    }
    await clock.sleep(everyMs, signal);
  }
}
