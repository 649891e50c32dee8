/** The daemon's face: keeps the board, counts the passes, and serves both over HTTP. */
import type { Failure } from '../../catalog/error';
import type { ListenAddress } from '../../http-server/listen-address';
import { sharedBody } from '../../http-server/shared-body';
import type { LeadershipState } from '../election/leadership';
import type { Clock } from '../reconcile/clock';
import {
  emptyBoard,
  recordChecks,
  recordElection,
  recordPass,
  recordPluginServer,
  type Board,
  type PluginServerSeen,
} from './board';
import type { ContactLimits, Contacts } from './contacts';
import { defaultLimits, healthKey, healthOf, staleness, type Health } from './health';
import { statusErrors } from './errors';
import { createMetrics } from './metrics';
import type { PassSeen } from './pass-seen';
import { recordRequests, type RequestCounts } from './requests';
import { startStatusServer, type StatusContent, type StatusServer } from './server';
import { toStatusJson, type StatusIdentity } from './status-json';

export interface StatusOptions {
  readonly identity: StatusIdentity;
  /** Null: nothing is served; passes are still counted. */
  readonly listen: ListenAddress | null;
  /** Names under which the server may be called besides localhost and its own address. */
  readonly hosts?: readonly string[];
  readonly clock: Clock;
  /** Contacts of the pass that is under way. */
  readonly contacts?: () => Contacts;
  readonly limits?: ContactLimits;
  /** Milliseconds since the epoch. Default Date.now. */
  readonly now?: () => number;
  /** Between attempts to listen on an address that is taken. Default 5,000. */
  readonly retryMs?: number;
  /** Told once per reason for which the address cannot be had, and of the success. */
  readonly onServer?: (event: { readonly url: string } | { readonly failure: Failure }) => void;
}

export interface Status {
  record(seen: PassSeen): void;
  /** All that checks beside the passes find now: it replaces what they found before. */
  recordChecks(failures: readonly Failure[]): void;
  /** What was found of the plugin server, with all that is to be said about it now. */
  recordPluginServer(seen: PluginServerSeen, failures: readonly Failure[]): void;
  /** What the plugin server's counters of requests say now. */
  recordRequests(totals: RequestCounts): void;
  /** Who writes, where several replicas elect one of them. */
  recordElection(state: LeadershipState): void;
  readonly board: Board;
  /** Serves until the signal aborts; resolves when all is closed. Never rejects. */
  serve(signal: AbortSignal): Promise<void>;
}

export function createStatus(options: StatusOptions): Status {
  const { identity, now = Date.now } = options;
  const metrics = createMetrics(identity, now);
  let board = emptyBoard(now());
  let server: StatusServer | undefined;

  const health = (): Health =>
    healthOf(board, options.contacts?.() ?? {}, options.limits ?? defaultLimits, now());
  let shownHealth = '';

  /** Contacts grow old without any pass that would tell of it. */
  function update(next: Board): void {
    const { revision } = board;
    board = next;
    const key = healthKey(health());
    const isNews = key !== shownHealth && next.revision === revision;
    if (isNews) board = { ...board, revision: revision + 1 };
    shownHealth = key;
  }

  const content: StatusContent = {
    notReady: () => {
      const { notReady } = health();
      return notReady === undefined ? undefined : `not ready: ${notReady}`;
    },
    ready: () => `ready${roleOf(board)}${staleness(health(), now())}`,
    status: sharedBody({ of: () => board }, () =>
      Buffer.from(JSON.stringify(toStatusJson(board, identity, now(), health()))),
    ),
    summary: () => summarise(board, health(), now()),
    metrics: sharedBody({ of: () => board }, async () => {
      const { text, contentType } = await metrics.expose(health());
      return { body: Buffer.from(text), contentType };
    }),
  };
  return {
    get board() {
      return board;
    },
    record(seen) {
      update(recordPass(board, seen));
      metrics.record(seen, board);
      server?.announce();
    },
    recordChecks(failures) {
      update(recordChecks(board, failures, now()));
      metrics.recordChecks(board);
      server?.announce();
    },
    recordPluginServer(seen, failures) {
      const before = board;
      update(recordPluginServer(board, seen, failures, now()));
      if (board === before) return;
      metrics.recordChecks(board);
      server?.announce();
    },
    recordRequests(totals) {
      // No revision: an open page is told the newest sample alone.
      board = { ...board, requests: recordRequests(board.requests, totals, now()) };
      server?.announce();
    },
    recordElection(state) {
      update(recordElection(board, state, now()));
      metrics.recordElection(board);
      server?.announce();
    },
    async serve(signal) {
      const { listen } = options;
      if (!listen) return;
      server = await listenUntil(options, listen, content, signal);
      if (!server) return;
      options.onServer?.({ url: server.url });
      const watching = setInterval(() => {
        const { revision } = board;
        update(board);
        if (board.revision !== revision) server?.announce();
      }, healthMs);
      await aborted(signal);
      clearInterval(watching);
      const closing = server;
      server = undefined;
      await closing.close();
    },
  };
}

/** How often it is looked whether a contact has grown too old. */
const healthMs = 1_000;

/** A port that is taken is no reason to stop managing a gateway: it is tried again until it is free. */
async function listenUntil(
  options: StatusOptions,
  listen: ListenAddress,
  content: StatusContent,
  signal: AbortSignal,
): Promise<StatusServer | undefined> {
  const { hosts = [], clock, retryMs = 5_000 } = options;
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      return await startStatusServer({ listen, hosts, content });
    } catch (error) {
      const failure = listenFailure(listen, error);
      if (failure.message !== told) options.onServer?.({ failure });
      told = failure.message;
      await clock.sleep(retryMs, signal);
    }
  }
  return undefined;
}

function listenFailure({ host, port }: ListenAddress, error: unknown): Failure {
  const listen = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE'
    ? statusErrors.failure('STATUS_ADDRESS_IN_USE', { listen })
    : statusErrors.failure('STATUS_ADDRESS_UNUSABLE', { listen, cause: code ?? message });
}

/** A standby is ready: its snapshot is in step, and it may lead at any moment. */
function roleOf({ election }: Board): string {
  if (!election) return '';
  if (election.role === 'leader') return `: this replica leads (lease ${election.lease})`;
  return `: standby, ${election.leader ?? 'nobody'} leads (lease ${election.lease})`;
}

/** Small: it goes to every open page once a second. */
function summarise(board: Board, { contacts }: Health, nowMs: number): object {
  const [newest] = board.passes;
  return {
    nowMs,
    revision: board.revision,
    lastPassAtMs: board.lastPassAtMs ?? null,
    observedAtMs: contacts.mesh ?? null,
    contacts,
    newest: newest && newest.changeCount === 0 ? newest : null,
    requests: board.requests?.samples.at(-1) ?? null,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
