/** What the status page and the probes know: the last passes and the present state. Pure. */
import { isDeepStrictEqual } from 'node:util';

import type { Failure } from '../../catalog/error';
import type { GatewayDataplane } from '../../catalog/gateway';
import type { MeshService } from '../../catalog/service';
import type { LeadershipState } from '../election/leadership';
import type { KongState } from '../kong/model';
import type { PassOutcome, PassReport } from '../reconcile/report';
import type { ResolvedLink } from '../translate/translation';
import { listChanges, type ChangeLine } from './change-lines';
import type { Contacts } from './contacts';
import type { PassSeen } from './pass-seen';
import type { RequestSeries } from './requests';
import type { Phase } from './watch-pass';

/** One or more passes in a row that did the same nothing, or one that did something. */
export interface PassEntry {
  /** Rises by one per entry: what the page keys its list by. */
  readonly id: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
  readonly outcome: PassOutcome;
  /** Of the newest of them. */
  readonly durationMs: number;
  readonly phasesMs: Readonly<Partial<Record<Phase, number>>>;
  readonly changes: readonly ChangeLine[];
  /** How many changes there were; `changes` holds the first of them. */
  readonly changeCount: number;
  readonly drifted: readonly string[];
  /** Codes of the findings of the pass. */
  readonly codes: readonly string[];
}

/** A finding, and since when it has been there without a break. */
export interface StandingFinding {
  readonly failure: Failure;
  readonly sinceMs: number;
}

export interface Board {
  readonly startedAtMs: number;
  /** Rises whenever anything but the time of the last pass is different. */
  readonly revision: number;
  /** When the first pass ended that brought everything about; absent until then. */
  readonly readySinceMs?: number;
  readonly lastPassAtMs?: number;
  /** When the mesh was last seen as it is, not from memory. */
  readonly observedAtMs?: number;
  /** Of what the passes so far were in contact with. */
  readonly contacts: Contacts;
  /** What was found of the plugin server when it was last looked at; absent where none is known. */
  readonly pluginServer?: PluginServerSeen;
  /** What became of requests lately; absent where the plugin server's metrics are not in reach. */
  readonly requests?: RequestSeries;
  /** Newest first. */
  readonly passes: readonly PassEntry[];
  readonly findings: readonly StandingFinding[];
  /** What was found beside passes, by checks on their own timer. */
  readonly checks: readonly StandingFinding[];
  readonly pluginServerFindings: readonly StandingFinding[];
  readonly links: readonly ResolvedLink[];
  readonly services: readonly MeshService[];
  /** Of the observation that `services` are from: equal for equal content. */
  readonly observation: string;
  readonly gateways: readonly GatewayDataplane[];
  readonly kong?: KongState;
  readonly target?: string;
  readonly catalogHash: string;
  readonly snapshot?: SnapshotShown;
  /** Drift found since the start; each is repaired by the pass that found it. */
  readonly drift: { readonly count: number; readonly lastAtMs?: number };
  /** Who of several replicas writes, and since when; absent where nobody is elected. */
  readonly election?: LeadershipState & { readonly sinceMs: number };
}

export interface SnapshotShown {
  readonly file: string;
  readonly hash?: string;
  readonly writtenAtMs?: number;
}

/** The plugin server as it answered, or why it did not. */
export interface PluginServerSeen {
  readonly socket: string;
  readonly problem?: string;
  readonly version?: string;
  readonly protocol?: string;
  /** Of the snapshot that it serves. */
  readonly snapshotHash?: string;
}

export interface BoardLimits {
  /** Entries of the list of passes. Default 50. */
  readonly passes?: number;
  /** Changes that one entry lists. Default 100. */
  readonly changes?: number;
}

export function emptyBoard(startedAtMs: number): Board {
  return {
    startedAtMs,
    revision: 0,
    passes: [],
    findings: [],
    checks: [],
    pluginServerFindings: [],
    contacts: {},
    links: [],
    services: [],
    observation: '',
    gateways: [],
    catalogHash: '',
    drift: { count: 0 },
  };
}

/** The board after one more pass. A pass that failed early leaves the picture as it was. */
export function recordPass(board: Board, seen: PassSeen, limits: BoardLimits = {}): Board {
  const { report, endedAtMs, marks } = seen;
  const entry = entryOf(board, seen, limits.changes ?? 100);
  const [newest] = board.passes;
  const repeats = newest !== undefined && isRepeat(newest, entry);
  const decided = report.catalogHash !== '';
  const ready = board.readySinceMs ?? (report.outcome === 'failed' ? undefined : endedAtMs);
  const next = {
    ...board,
    ...(ready === undefined ? {} : { readySinceMs: ready }),
    lastPassAtMs: endedAtMs,
    contacts: marks.contacts,
    ...(marks.observed === 'fresh'
      ? { observedAtMs: endedAtMs }
      : observedBefore(board, seen.observation?.stale?.sinceMs)),
    passes: repeats
      ? [merged(newest, entry), ...board.passes.slice(1)]
      : [entry, ...board.passes].slice(0, limits.passes ?? 50),
    findings: standing(board.findings, report.failures, endedAtMs),
    ...(decided ? pictureOf(seen) : {}),
    ...(report.kong ? { target: report.kong.target } : {}),
    ...(report.snapshot ? { snapshot: snapshotOf(board, seen, report.snapshot) } : {}),
    ...(marks.drifted.length > 0
      ? { drift: { count: board.drift.count + marks.drifted.length, lastAtMs: endedAtMs } }
      : {}),
  };
  const same = repeats && isSame(board, next);
  return { ...next, revision: same ? board.revision : board.revision + 1 };
}

/** The board after a replica has begun or ceased to lead, this one or another. */
export function recordElection(board: Board, state: LeadershipState, atMs: number): Board {
  const { election, revision } = board;
  if (election?.role === state.role && election.leader === state.leader) return board;
  const sinceMs = election?.role === state.role ? election.sinceMs : atMs;
  return { ...board, election: { ...state, sinceMs }, revision: revision + 1 };
}

/** The board after checks that are no part of a pass; `failures` are all that stand now. */
export function recordChecks(board: Board, failures: readonly Failure[], atMs: number): Board {
  const checks = standing(board.checks, failures, atMs);
  return checks === board.checks ? board : { ...board, checks, revision: board.revision + 1 };
}

/** The board after a look at the plugin server; `failures` are all that stand about it now. */
export function recordPluginServer(
  board: Board,
  seen: PluginServerSeen,
  failures: readonly Failure[],
  atMs: number,
): Board {
  const pluginServerFindings = standing(board.pluginServerFindings, failures, atMs);
  const isSame =
    pluginServerFindings === board.pluginServerFindings &&
    isDeepStrictEqual(seen, board.pluginServer);
  if (isSame) return board;
  return { ...board, pluginServer: seen, pluginServerFindings, revision: board.revision + 1 };
}

/** All that stand, from whichever look. */
export function allFindings(board: Board): readonly StandingFinding[] {
  return [...board.findings, ...board.pluginServerFindings, ...board.checks];
}

function entryOf({ passes }: Board, seen: PassSeen, limit: number): PassEntry {
  const { report, endedAtMs, marks } = seen;
  const changes = listChanges(report, seen.kong);
  return {
    id: (passes[0]?.id ?? 0) + 1,
    firstAtMs: endedAtMs,
    lastAtMs: endedAtMs,
    count: 1,
    outcome: report.outcome,
    durationMs: report.durationMs,
    phasesMs: marks.phasesMs,
    changes: changes.slice(0, limit),
    changeCount: changes.length,
    drifted: marks.drifted,
    codes: [...new Set(report.failures.map(({ code }) => code))].sort(),
  };
}

/** A daemon looks every second: what repeats is one line with a count. */
function isRepeat(newest: PassEntry, entry: PassEntry): boolean {
  return (
    newest.outcome === entry.outcome &&
    newest.changeCount + entry.changeCount === 0 &&
    newest.drifted.length + entry.drifted.length === 0 &&
    newest.codes.join() === entry.codes.join()
  );
}

function merged(newest: PassEntry, entry: PassEntry): PassEntry {
  const { id, firstAtMs, count } = newest;
  return { ...entry, id, firstAtMs, count: count + 1 };
}

function standing(
  before: readonly StandingFinding[],
  failures: readonly Failure[],
  nowMs: number,
): readonly StandingFinding[] {
  if (failures.length === 0) return before.length === 0 ? before : [];
  const since = new Map(before.map(({ failure, sinceMs }) => [identityOf(failure), sinceMs]));
  const now = new Map(failures.map((failure) => [identityOf(failure), failure]));
  const changed = now.size !== before.length || [...now.keys()].some((key) => !since.has(key));
  if (!changed) return before;
  return [...now].map(([key, failure]) => ({ failure, sinceMs: since.get(key) ?? nowMs }));
}

/** Equal for findings that are the same to a reader. */
export function identityOf({ code, severity, entity, place, message }: Failure): string {
  const at = place ? `${place.file}:${place.line ?? ''}` : '';
  return [code, severity, entity ?? '', at, message].join('\0');
}

function pictureOf({ report, observation, gateways, kong }: PassSeen) {
  return {
    links: report.links,
    services: observation?.services ?? [],
    observation: observation?.revision ?? '',
    gateways,
    catalogHash: report.catalogHash,
    ...(kong ? { kong } : {}),
  };
}

function snapshotOf(
  { snapshot }: Board,
  { marks, endedAtMs }: PassSeen,
  reported: NonNullable<PassReport['snapshot']>,
): SnapshotShown {
  const hash = marks.snapshotHash;
  const writtenAtMs = reported.written ? endedAtMs : snapshot?.writtenAtMs;
  if (snapshot && snapshot.hash === hash && snapshot.writtenAtMs === writtenAtMs) return snapshot;
  return {
    file: reported.file,
    ...(hash === undefined ? {} : { hash }),
    ...(writtenAtMs === undefined ? {} : { writtenAtMs }),
  };
}

function observedBefore({ observedAtMs }: Board, sinceMs: number | undefined) {
  const at = observedAtMs ?? sinceMs;
  return at === undefined ? {} : { observedAtMs: at };
}

const compared = [
  'readySinceMs',
  'findings',
  'links',
  'observation',
  'gateways',
  'kong',
  'target',
  'catalogHash',
  'snapshot',
] as const;

function isSame(a: Omit<Board, 'revision'>, b: Omit<Board, 'revision'>): boolean {
  return compared.every((key) => a[key] === b[key]);
}
