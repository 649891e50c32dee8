/** The board as the document behind `/status.json` and the page. Holds names and states, no secrets. */
import { formatPlace } from '../../catalog/error';
import type { Board, PassEntry } from './board';
import { countHealths, drawPicture, type Health, type PictureRow } from './picture';

/** What does not come from passes. */
export interface StatusIdentity {
  readonly version: string;
  readonly mesh: string;
  readonly source: string;
  /** The `kuma.io/service` that the gateway must have, where the configuration says. */
  readonly service?: string | undefined;
}

/** Times are milliseconds since the epoch. Fields are only ever added. */
export interface StatusDocument {
  readonly version: string;
  readonly mesh: string;
  readonly source: string;
  readonly revision: number;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly readySinceMs: number | null;
  readonly lastPassAtMs: number | null;
  readonly observedAtMs: number | null;
  readonly verdict: Verdict;
  readonly gateways: readonly GatewayShown[];
  readonly target: string | null;
  readonly snapshot: Board['snapshot'] | null;
  readonly catalog: { readonly hash: string; readonly services: number };
  readonly counts: Readonly<Record<Health, number>>;
  readonly rows: readonly PictureRow[];
  readonly findings: readonly FindingShown[];
  readonly passes: readonly PassEntry[];
  readonly drift: { readonly count: number; readonly lastAtMs: number | null };
  /** Null where nobody is elected. */
  readonly election: ElectionShown | null;
}

export interface ElectionShown {
  readonly role: 'leader' | 'standby';
  readonly lease: string;
  /** Null while nobody holds it, or nobody knows who does. */
  readonly leader: string | null;
  /** Since when this replica has its role. */
  readonly sinceMs: number;
}

/** The whole in a word: `waiting` before the first pass, then the worst of what there is. */
export type Verdict = 'waiting' | 'failing' | 'errors' | 'warnings' | 'fine';

export interface GatewayShown {
  readonly name: string;
  readonly zone: string | null;
  readonly service: string | null;
  /** Null where the configuration names no service. */
  readonly aligned: boolean | null;
}

export interface FindingShown {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
  readonly entity: string | null;
  readonly place: string | null;
  readonly sinceMs: number;
}

export function toStatusJson(
  board: Board,
  identity: StatusIdentity,
  nowMs: number,
): StatusDocument {
  const { services, snapshot, drift, election } = board;
  const rows = rowsOf(board);
  return {
    version: identity.version,
    mesh: identity.mesh,
    source: identity.source,
    revision: board.revision,
    nowMs,
    startedAtMs: board.startedAtMs,
    readySinceMs: board.readySinceMs ?? null,
    lastPassAtMs: board.lastPassAtMs ?? null,
    observedAtMs: board.observedAtMs ?? null,
    verdict: verdictOf(board),
    gateways: board.gateways.map(({ name, zone, service }) => ({
      name,
      zone: zone ?? null,
      service: service ?? null,
      aligned: identity.service === undefined ? null : service === identity.service,
    })),
    target: board.target ?? null,
    snapshot: snapshot ?? null,
    catalog: { hash: board.catalogHash, services: services.length },
    counts: countHealths(rows),
    rows,
    findings: findingsOf(board),
    passes: board.passes,
    drift: { count: drift.count, lastAtMs: drift.lastAtMs ?? null },
    election: election ? { ...election, leader: election.leader ?? null } : null,
  };
}

const drawn = new WeakMap<
  Board['links'],
  { readonly of: Board; readonly rows: readonly PictureRow[] }
>();

/** The picture of a board, drawn once for all passes that change nothing about it. */
export function rowsOf(board: Board): readonly PictureRow[] {
  const { kong, links, services, revision } = board;
  const known = drawn.get(links);
  if (
    known?.of.revision === revision &&
    known.of.kong === kong &&
    known.of.observation === board.observation
  )
    return known.rows;
  const rows = drawPicture({ kong, links, services });
  drawn.set(links, { of: board, rows });
  return rows;
}

function verdictOf({ passes, findings, checks }: Board): Verdict {
  const [newest] = passes;
  if (!newest) return 'waiting';
  if (newest.outcome === 'failed') return 'failing';
  const all = [...findings, ...checks];
  if (all.some(({ failure }) => failure.severity === 'error')) return 'errors';
  return all.length > 0 ? 'warnings' : 'fine';
}

/** Errors first, the newest first among equals. */
function findingsOf({ findings, checks }: Board): readonly FindingShown[] {
  return [...findings, ...checks]
    .map(({ failure, sinceMs }) => ({
      code: failure.code,
      severity: failure.severity,
      message: failure.message,
      remedy: failure.remedy,
      entity: failure.entity ?? null,
      place: failure.place ? formatPlace(failure.place) : null,
      sinceMs,
    }))
    .sort(
      (a, b) =>
        Number(b.severity === 'error') - Number(a.severity === 'error') || b.sinceMs - a.sinceMs,
    );
}
