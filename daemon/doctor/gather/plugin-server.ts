/** What a plugin server says of itself, as facts of the doctor. */
import { probePluginServer } from '../../../plugin-server/probe';
import type { PluginServerFacts } from '../facts';

/** Rejects for the signal alone; ends after `timeoutMs`. */
export async function gatherPluginServer(
  socket: string,
  plugin: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PluginServerFacts> {
  signal.throwIfAborted();
  const answer = await probePluginServer(socket, plugin, timeoutMs, signal);
  signal.throwIfAborted();
  if (typeof answer === 'string') return { socket, problem: answer };
  const { plugins, info } = answer;
  if (!info) return { socket, plugins };
  const { version, snapshots } = info;
  return { socket, plugins, version, snapshotHashes: snapshots.map(({ hash }) => hash) };
}
