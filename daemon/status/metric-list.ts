/**
 * Every metric of the daemon, declared once: the instruments, the reference page and the check of
 * dashboard and alert rules all come from this list.
 */
import { phases } from './watch-pass';

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly string[];
  /** In seconds; for histograms. */
  readonly buckets?: readonly number[];
}

const durations = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

export const metricList = {
  kong_meshd_passes_total: {
    type: 'counter',
    help: 'Passes that ended, by outcome: unchanged, applied, partial, held or failed.',
    labels: ['outcome'],
  },
  kong_meshd_pass_duration_seconds: {
    type: 'histogram',
    help: 'How long passes took, by outcome.',
    labels: ['outcome'],
    buckets: durations,
  },
  kong_meshd_phase_duration_seconds: {
    type: 'histogram',
    help: `How long the phases of passes took: ${phases.join(', ')}.`,
    labels: ['phase'],
    buckets: durations,
  },
  kong_meshd_changes_total: {
    type: 'counter',
    help: 'Changes made, by target, kind of entity and operation: create, update or delete.',
    labels: ['target', 'kind', 'op'],
  },
  kong_meshd_drift_repaired_total: {
    type: 'counter',
    help: 'Times a target held something else than what was applied, and was put right, by target.',
    labels: ['target'],
  },
  kong_meshd_failures_total: {
    type: 'counter',
    help: 'Findings when they came up, by code; one that lasts counts once.',
    labels: ['code', 'severity'],
  },
  kong_meshd_findings: {
    type: 'gauge',
    help: 'Findings that stand now, by code.',
    labels: ['code', 'severity'],
  },
  kong_meshd_deletion_holds_total: {
    type: 'counter',
    help: 'Times the guard began to hold deletions or a shrunken mesh back.',
    labels: [],
  },
  kong_meshd_deletions_held: {
    type: 'gauge',
    help: '1 while deletions or a shrunken mesh are held back, else 0.',
    labels: [],
  },
  kong_meshd_source_age_seconds: {
    type: 'gauge',
    help: 'Time since the mesh was last seen as it is, or since the start; meanwhile the last good observation counts.',
    labels: [],
  },
  kong_meshd_snapshot_age_seconds: {
    type: 'gauge',
    help: "Time since the plugin's snapshot was last known to hold the catalog: written or checked.",
    labels: [],
  },
  kong_meshd_snapshot_info: {
    type: 'gauge',
    help: "1, with the hash on the first line of the plugin's snapshot: equal for equal content.",
    labels: ['hash'],
  },
  kong_meshd_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When it last went well, by what: source, snapshot, the name of the Kong target, or pass: the oldest of what its targets confirmed.',
    labels: ['of'],
  },
  kong_meshd_ready: {
    type: 'gauge',
    help: '1 while `/readyz` says yes: a pass brought everything about, and Kong, the snapshot and a plugin server that is needed are confirmed.',
    labels: [],
  },
  kong_meshd_leader: {
    type: 'gauge',
    help: '1 while this replica is the one that writes, else 0; absent where nobody is elected.',
    labels: [],
  },
  kong_meshd_mesh_services: {
    type: 'gauge',
    help: 'Mesh services in the catalog, by availability.',
    labels: ['availability'],
  },
  kong_meshd_routes: {
    type: 'gauge',
    help: 'Kong routes and Kong services without one, by where they lead: healthy, degraded, unavailable, unresolved, unserved (the plugin server is down), stale, fallback (the fallback of the link serves), unknown, or outside the mesh.',
    labels: ['health'],
  },
  kong_meshd_gateway_identity_aligned: {
    type: 'gauge',
    help: '1 where a gateway has the kuma.io/service or workload that it must have, else 0, by Dataplane.',
    labels: ['dataplane'],
  },
  kong_meshd_build_info: {
    type: 'gauge',
    help: '1, with the version of the daemon and of Node.js.',
    labels: ['version', 'node'],
  },
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time that the daemon used.',
    labels: [],
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Memory that the daemon holds.',
    labels: [],
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the daemon started.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof metricList;
