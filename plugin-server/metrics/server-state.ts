/** Gathers what the metrics show: of the server, of the plugin in it, and of the process. */
import { decisionCounts } from '../../plugin/mesh-upstream/decision-counts';
import { sharedSnapshotWatches } from '../../plugin/mesh-upstream/snapshot-watch';
import type { PluginServer } from '../server';
import type { ServerState, SnapshotSeen } from './samples';

export function serverState(server: PluginServer, version: string): ServerState {
  const { user, system } = process.cpuUsage();
  return {
    version,
    counters: server.counters,
    counts: server.counts(),
    decisions: decisionCounts.all(),
    snapshots: [...sharedSnapshotWatches()].map(([file, { current, goodAtMs }]): SnapshotSeen => {
      const ageMs = Math.max(0, performance.now() - goodAtMs);
      if (!current) return { file, ageMs };
      return { file, ageMs, inUse: { hash: current.hash, services: current.size } };
    }),
    process: {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      startedAt: performance.timeOrigin / 1000,
      node: process.version,
    },
  };
}
