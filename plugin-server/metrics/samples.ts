/** The state of the server as samples: worked out when somebody asks, from what is counted anyway. */
import type { Tally } from '../../plugin/mesh-upstream/decision-counts';
import type { Counters } from '../counters';
import type { Sample, Samples } from './exposition';

/** A snapshot that some plugin instance asked for. */
export interface SnapshotSeen {
  readonly file: string;
  /** Absent until one could be read. */
  readonly inUse?: { readonly hash: string; readonly services: number };
  readonly ageMs: number;
}

export interface ServerState {
  readonly version: string;
  readonly counters: Readonly<Counters>;
  readonly counts: {
    readonly instances: number;
    readonly events: number;
    readonly connections: number;
  };
  readonly decisions: readonly Tally[];
  readonly snapshots: readonly SnapshotSeen[];
  readonly process: {
    readonly cpuSeconds: number;
    readonly residentBytes: number;
    /** Seconds since the epoch. */
    readonly startedAt: number;
    readonly node: string;
  };
}

/** Reasons that are the snapshot's word on a reference: no such service, port or address. */
const missReasons = [
  'unknown-service',
  'ambiguous-service',
  'moved-service',
  'port-needed',
  'unknown-port',
  'no-address',
] as const;

export function samplesOf(state: ServerState): Samples {
  const { counters, counts, decisions, snapshots, process } = state;
  return {
    kong_meshd_plugin_server_events_total: only(counters.events),
    kong_meshd_plugin_server_events_running: only(counts.events),
    kong_meshd_plugin_server_event_failures_total: (['failed', 'slow', 'abandoned'] as const).map(
      (cause) => ({ labels: { cause }, value: counters[cause] }),
    ),
    kong_meshd_plugin_server_decisions_total: totalsBy(decisions, ({ result, reason }) => ({
      result,
      reason,
    })),
    kong_meshd_plugin_server_chosen_total: totalsBy(
      decisions.filter(({ service }) => service !== undefined),
      ({ service = '', result }) => ({ service, result }),
    ),
    kong_meshd_plugin_server_lookup_misses_total: missReasons.map((reason) => ({
      labels: { reason },
      value: decisions
        .filter((tally) => tally.reason === reason)
        .reduce((sum, { count }) => sum + count, 0),
    })),
    kong_meshd_plugin_server_pdk_calls_total: only(counters.pdkCalls),
    kong_meshd_plugin_server_refused_calls_total: only(counters.refused),
    kong_meshd_plugin_server_bad_connections_total: only(counters.badConnections),
    kong_meshd_plugin_server_connections: only(counts.connections),
    kong_meshd_plugin_server_instances: only(counts.instances),
    kong_meshd_plugin_server_instances_started_total: only(counters.instancesStarted),
    kong_meshd_plugin_server_snapshot_info: snapshots.flatMap(({ file, inUse }) =>
      inUse ? [{ labels: { file, hash: inUse.hash }, value: 1 }] : [],
    ),
    kong_meshd_plugin_server_snapshot_services: snapshots.flatMap(({ file, inUse }) =>
      inUse ? [{ labels: { file }, value: inUse.services }] : [],
    ),
    kong_meshd_plugin_server_snapshot_age_seconds: snapshots.map(({ file, ageMs }) => ({
      labels: { file },
      value: ageMs / 1000,
    })),
    kong_meshd_plugin_server_build_info: [
      { labels: { version: state.version, node: process.node }, value: 1 },
    ],
    process_cpu_seconds_total: only(process.cpuSeconds),
    process_resident_memory_bytes: only(process.residentBytes),
    process_start_time_seconds: only(process.startedAt),
  };
}

/** In the order in which each combination of labels came first. */
function totalsBy(
  decisions: readonly Tally[],
  labelsOf: (tally: Tally) => Readonly<Record<string, string>>,
): readonly Sample[] {
  const totals = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();
  for (const tally of decisions) {
    const labels = labelsOf(tally);
    const key = JSON.stringify(labels);
    const total = totals.get(key) ?? { labels, value: 0 };
    total.value += tally.count;
    totals.set(key, total);
  }
  return [...totals.values()];
}

function only(value: number): readonly Sample[] {
  return [{ value }];
}
