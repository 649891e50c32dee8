/** What passes come to in numbers, for Prometheus. */
import { shownIdentity } from './identity';
import { serviceKey } from '../../catalog/service';
import { listChanges } from './change-lines';
import { allFindings, identityOf, type Board } from './board';
import { defaultLimits, healthKey, healthOf, type Health } from './health';
import { createInstruments, Registry, type Instruments } from './instruments';
import type { PassSeen } from './pass-seen';
import { countHealths } from './picture';
import { healths } from './row-health';
import { rowsOf, type StatusIdentity } from './status-json';

export interface Metrics {
  /** Counts one pass; `board` is the one after it. */
  record(seen: PassSeen, board: Board): void;
  /** Counts what checks beside the passes found; `board` is the one after them. */
  recordChecks(board: Board): void;
  /** Notes whether this replica leads; `board` says so. */
  recordElection(board: Board): void;
  /** The exposition; ages are worked out at this moment. */
  expose(health?: Health): Promise<{ readonly text: string; readonly contentType: string }>;
}

/** Codes that stand for something held back on doubt. */
const holds = new Set([
  'DELETIONS_HELD_BACK',
  'DELETIONS_NEVER_APPLIED',
  'OBSERVATION_HELD_BACK',
  'SNAPSHOT_EMPTY',
]);

/** @param now milliseconds since the epoch. */
export function createMetrics(identity: StatusIdentity, now: () => number = Date.now): Metrics {
  const registry = new Registry();
  const metrics = createInstruments(registry);
  const startedAtMs = now();
  let known: ReadonlySet<string> = new Set();
  let holding = false;
  let snapshotAtMs: number | undefined;
  let board: Board | undefined;
  let pictured: { readonly board: Board; readonly health: string } | undefined;

  metrics.kong_meshd_build_info.set({ version: identity.version, node: process.version }, 1);
  metrics.process_start_time_seconds.set(startedAtMs / 1000 - process.uptime());
  metrics.kong_meshd_ready.set(0);
  metrics.kong_meshd_deletions_held.set(0);
  // A gauge without labels starts as 0, which would claim a standby.
  metrics.kong_meshd_leader.remove();

  function countFindings(board: Board): void {
    const { findings } = board;
    const current = new Set<string>();
    metrics.kong_meshd_findings.reset();
    for (const { failure } of allFindings(board)) {
      const key = identityOf(failure);
      if (current.has(key)) continue;
      current.add(key);
      const { code, severity } = failure;
      metrics.kong_meshd_findings.inc({ code, severity });
      if (!known.has(key)) metrics.kong_meshd_failures_total.inc({ code, severity });
    }
    known = current;
    const held = findings.some(({ failure }) => holds.has(failure.code));
    if (held && !holding) metrics.kong_meshd_deletion_holds_total.inc();
    holding = held;
    metrics.kong_meshd_deletions_held.set(held ? 1 : 0);
  }

  function noteSuccess(seen: PassSeen): void {
    const { report, marks, endedAtMs } = seen;
    const at = metrics.kong_meshd_last_success_timestamp_seconds;
    if (report.outcome !== 'failed') at.set({ of: 'pass' }, confirmedAt(seen) / 1000);
    if (marks.observed === 'fresh') at.set({ of: 'source' }, endedAtMs / 1000);
    for (const target of marks.confirmed) at.set({ of: target }, endedAtMs / 1000);
    if (marks.confirmed.includes('snapshot')) snapshotAtMs = endedAtMs;
    if (marks.snapshotHash !== undefined) {
      metrics.kong_meshd_snapshot_info.reset();
      metrics.kong_meshd_snapshot_info.set({ hash: marks.snapshotHash }, 1);
    }
  }

  return {
    record(seen, next) {
      const { report, marks } = seen;
      const { outcome } = report;
      board = next;
      metrics.kong_meshd_passes_total.inc({ outcome });
      metrics.kong_meshd_pass_duration_seconds.observe({ outcome }, report.durationMs / 1000);
      for (const [phase, ms] of Object.entries(marks.phasesMs)) {
        metrics.kong_meshd_phase_duration_seconds.observe({ phase }, ms / 1000);
      }
      for (const { target, kind, op } of listChanges(report, seen.kong)) {
        metrics.kong_meshd_changes_total.inc({ target, kind, op });
      }
      for (const target of marks.drifted) metrics.kong_meshd_drift_repaired_total.inc({ target });
      countFindings(next);
      noteSuccess(seen);
    },
    recordChecks(next) {
      board = next;
      countFindings(next);
    },
    recordElection({ election }) {
      metrics.kong_meshd_leader.set(election?.role === 'leader' ? 1 : 0);
    },
    async expose(given) {
      const nowMs = now();
      const health = given ?? (board && healthOf(board, {}, defaultLimits, nowMs));
      setAges(metrics, nowMs, health?.contacts.mesh ?? startedAtMs, snapshotAtMs);
      metrics.kong_meshd_ready.set(board && health?.notReady === undefined ? 1 : 0);
      setProcess(metrics);
      // The picture costs time with thousands of services: once per change, and only when asked.
      if (board && health) {
        const key = healthKey(health);
        const isSame = board.revision === pictured?.board.revision && key === pictured.health;
        if (!isSame) setPicture(metrics, board, identity, health);
        pictured = { board, health: key };
      }
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

function setAges(
  metrics: Instruments,
  nowMs: number,
  observedAtMs: number,
  snapshotAtMs: number | undefined,
): void {
  metrics.kong_meshd_source_age_seconds.set(Math.max(0, nowMs - observedAtMs) / 1000);
  const snapshotAge = metrics.kong_meshd_snapshot_age_seconds;
  // A gauge without labels starts as 0, which would claim a snapshot that is fresh.
  if (snapshotAtMs === undefined) snapshotAge.remove();
  else snapshotAge.set(Math.max(0, nowMs - snapshotAtMs) / 1000);
}

function setProcess(metrics: Instruments): void {
  const { user, system } = process.cpuUsage();
  const cpu = metrics.process_cpu_seconds_total;
  cpu.reset();
  cpu.inc((user + system) / 1e6);
  metrics.process_resident_memory_bytes.set(process.memoryUsage.rss());
}

/** A pass went well as of when its targets last said so, which may be some passes ago. */
function confirmedAt({ report, marks, endedAtMs }: PassSeen): number {
  const { kong, snapshot } = marks.contacts;
  return Math.min(
    endedAtMs,
    report.kong ? (kong ?? endedAtMs) : endedAtMs,
    report.snapshot ? (snapshot ?? endedAtMs) : endedAtMs,
  );
}

function setPicture(
  metrics: Instruments,
  board: Board,
  identity: StatusIdentity,
  health: Health,
): void {
  const { services, gateways } = board;
  const available = metrics.kong_meshd_mesh_services;
  for (const availability of ['available', 'unavailable', 'unknown'] as const) {
    available.set({ availability }, 0);
  }
  const seen = new Map(services.map((each) => [serviceKey(each), each.availability]));
  for (const availability of seen.values()) available.inc({ availability });
  const counts = countHealths(rowsOf(board, health));
  for (const health of healths) {
    if (health !== 'unused') metrics.kong_meshd_routes.set({ health }, counts[health]);
  }
  metrics.kong_meshd_gateway_identity_aligned.reset();
  for (const gateway of gateways) {
    const { aligned } = shownIdentity(gateway, identity);
    if (aligned === undefined) continue;
    metrics.kong_meshd_gateway_identity_aligned.set({ dataplane: gateway.name }, aligned ? 1 : 0);
  }
}
