/** The board as the document behind `/status.json` and the page. Holds names and states, no secrets. */
import { shownIdentity, type WantedIdentity } from './identity';
import { isDeepStrictEqual } from 'node:util';

import { formatPlace } from '../../catalog/error';
import { allFindings, type Board, type PassEntry, type PluginServerSeen } from './board';
import type { Contacts } from './contacts';
import { defaultLimits, healthOf, isUnconfirmed, type Health } from './health';
import { countHealths, countServices, drawPicture, type PictureRow } from './picture';
import type { RequestSample } from './requests';
import type { Health as RowHealth, PictureDoubt } from './row-health';

/** What does not come from passes. */
export interface StatusIdentity extends WantedIdentity {
  readonly version: string;
  readonly mesh: string;
  readonly source: string;
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
  readonly health: HealthShown;
  readonly gateways: readonly GatewayShown[];
  readonly target: string | null;
  readonly snapshot: Board['snapshot'] | null;
  readonly catalog: { readonly hash: string; readonly services: number };
  readonly counts: Readonly<Record<RowHealth, number>>;
  readonly rows: readonly PictureRow[];
  readonly findings: readonly FindingShown[];
  readonly passes: readonly PassEntry[];
  readonly drift: { readonly count: number; readonly lastAtMs: number | null };
  /** The oldest first; null where the plugin server's metrics are not in reach. */
  readonly requests: readonly RequestSample[] | null;
  /** Null where nobody is elected. */
  readonly election: ElectionShown | null;
}

export interface HealthShown {
  /** Why `/readyz` says no; null where it says yes. */
  readonly notReady: string | null;
  /** When each was last confirmed; null where it never was, or is not configured. */
  readonly contacts: Readonly<Record<keyof Contacts, number | null>>;
  /** Those whose last contact is too old to count. */
  readonly lost: readonly (keyof Contacts)[];
  /** Null where no plugin server is known. */
  readonly pluginServer: PluginServerSeen | null;
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
  health: Health = healthOf(board, {}, defaultLimits, nowMs),
): StatusDocument {
  const { services, snapshot, drift, election } = board;
  const rows = rowsOf(board, health);
  const { contacts, lost } = health;
  return {
    version: identity.version,
    mesh: identity.mesh,
    source: identity.source,
    revision: board.revision,
    nowMs,
    startedAtMs: board.startedAtMs,
    readySinceMs: board.readySinceMs ?? null,
    lastPassAtMs: board.lastPassAtMs ?? null,
    observedAtMs: contacts.mesh ?? null,
    verdict: verdictOf(board, health),
    health: {
      notReady: health.notReady ?? null,
      contacts: {
        mesh: contacts.mesh ?? null,
        kong: contacts.kong ?? null,
        snapshot: contacts.snapshot ?? null,
      },
      lost: lost.map(({ name }) => name),
      pluginServer: board.pluginServer ?? null,
    },
    gateways: board.gateways.map((gateway) => {
      const shown = shownIdentity(gateway, identity);
      return {
        name: gateway.name,
        zone: gateway.zone ?? null,
        service: shown.name ?? null,
        aligned: shown.aligned ?? null,
      };
    }),
    target: board.target ?? null,
    snapshot: snapshot ?? null,
    catalog: { hash: board.catalogHash, services: countServices(services) },
    counts: countHealths(rows),
    rows,
    findings: findingsOf(board),
    passes: board.passes,
    drift: { count: drift.count, lastAtMs: drift.lastAtMs ?? null },
    requests: board.requests?.samples ?? null,
    election: election ? { ...election, leader: election.leader ?? null } : null,
  };
}

interface Drawn {
  readonly of: Board;
  readonly doubt: PictureDoubt;
  readonly rows: readonly PictureRow[];
}
const drawn = new WeakMap<Board['links'], Drawn>();

/** The picture of a board, drawn once for all passes that change nothing about it. */
export function rowsOf(board: Board, health: Health): readonly PictureRow[] {
  const { kong, links, services, revision } = board;
  const { pluginServerDown, lost } = health;
  const doubt = { unconfirmed: lost.length > 0, pluginServerDown };
  const known = drawn.get(links);
  if (
    known?.of.revision === revision &&
    known.of.kong === kong &&
    known.of.observation === board.observation &&
    isDeepStrictEqual(known.doubt, doubt)
  )
    return known.rows;
  const rows = drawPicture({ kong, links, services, doubt });
  drawn.set(links, { of: board, doubt, rows });
  return rows;
}

function verdictOf(board: Board, health: Health): Verdict {
  const [newest] = board.passes;
  if (!newest) return 'waiting';
  if (newest.outcome === 'failed' || isUnconfirmed(health)) return 'failing';
  const all = allFindings(board);
  const isBroken = health.pluginServerDown;
  if (isBroken || all.some(({ failure }) => failure.severity === 'error')) return 'errors';
  return all.length > 0 || health.lost.length > 0 ? 'warnings' : 'fine';
}

/** Errors first, the newest first among equals. */
function findingsOf(board: Board): readonly FindingShown[] {
  return allFindings(board)
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
