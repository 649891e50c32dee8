/** A Kong node without a database: one document is its whole state, and the last writer wins. */
import { MeshdError } from '../../../catalog/error';
import type { KongState } from '../../kong/model';
import { unapplyPlan } from '../../plan/apply-plan';
import { diff } from '../../plan/diff';
import { targetErrors } from '../errors';
import { createKongClient } from '../kong-http/client';
import { inOrderOf } from '../kong-http/list-order';
import type { KongHttpOptions } from '../kong-http/options';
import type { ApplyReport, KongTarget } from '../target';
import { createCanonicaliser } from './canonicalise';
import { emptyHash, readConfigurationHash, waitForHash } from './node-status';
import { encodeDocument, isEmptyState, type PushDocument } from './push-document';
import { createPusher } from './push';
import { pushInRounds } from './push-rounds';
import { readConfig } from './read-config';
import { createRefusalMemory } from './refusal-memory';

export interface DblessOptions extends KongHttpOptions {
  /**
   * What stands in for an entity that Kong refuses: nothing, or its last valid form.
   * Default `last-valid`.
   */
  readonly fallback?: 'exclude' | 'last-valid';
  /** Kong's nginx_admin_client_max_body_size. Default 10 MiB, as Kong's. */
  readonly maxBodyBytes?: number;
  /** For one push: 5,000 services take seconds. Default 120,000. */
  readonly pushTimeoutMs?: number;
  /** How long to wait until a push shows in the status. Default 5,000. */
  readonly settleMs?: number;
  /** Documents sent in one apply while Kong names whom it refuses. Default 8. */
  readonly maxRounds?: number;
  /** Documents sent in one apply to find out whom it refuses. Default 32. */
  readonly maxProbes?: number;
  /** Entities on the node with this tag are read as owned by the mesh. */
  readonly meshTag?: string;
  /** As in `AdminOptions`. */
  readonly asListed?: boolean;
  /** A clock that never goes back, in ms. */
  readonly now?: () => number;
}

export interface DblessTarget extends KongTarget {
  readonly name: 'kong-dbless';
  /**
   * What the last `drifted` meant: the node restarted and lost its configuration, or somebody else
   * has pushed another one.
   */
  readonly drift: 'lost' | 'replaced' | undefined;
  /** Ends idle connections. */
  close(): void;
}

/** @throws MeshdError KONG_ADMIN_URL, KONG_TLS_FILE. */
export function createDblessTarget(options: DblessOptions): DblessTarget {
  const { fallback = 'last-valid', settleMs = 5_000, maxRounds = 8, maxProbes = 32 } = options;
  const now = options.now ?? (() => performance.now());
  const client = createKongClient(options);
  const canonical = createCanonicaliser(client, now);
  const push = createPusher(client, options);
  const refusals = createRefusalMemory(now);
  /** What the node holds as far as we know, by read or by apply. */
  let held: { readonly hash: string; readonly state: KongState } | undefined;
  let drift: DblessTarget['drift'];

  async function nodeHash(signal: AbortSignal): Promise<string> {
    const { hash, version } = await readConfigurationHash(client, signal);
    canonical.noteVersion(version);
    return hash;
  }

  const documents = new WeakMap<KongState, PushDocument>();
  function encode(state: KongState): PushDocument {
    const document = documents.get(state) ?? encodeDocument(state, canonical.encoding(state));
    documents.set(state, document);
    return document;
  }
  /** The document before Kong made something up of it, which it has taken then. */
  function encodeAsWritten(state: KongState): PushDocument | undefined {
    if (!canonical.isMadeUp(state)) return undefined;
    return encodeDocument(state, canonical.encoding(state, true));
  }

  async function read(signal: AbortSignal): Promise<KongState> {
    const hash = await nodeHash(signal);
    if (held?.hash === hash) return held.state;
    held = await readNode(hash, signal);
    return held.state;
  }

  async function readNode(hash: string, signal: AbortSignal) {
    const there = await readConfig(client, hash, options.meshTag, signal);
    const state = await canonical.ofRead(there.state, signal);
    if (!options.asListed) return { hash: there.hash, state };
    const entities = inOrderOf(state.entities, there.state.entities);
    return { hash: there.hash, state: { ...state, entities } };
  }

  return {
    name: 'kong-dbless',
    probesLightly: true,
    get drift() {
      return drift;
    },
    read,
    canonicalise: (desired, signal) =>
      canonical.ofDesired(desired, async () => held?.state ?? (await read(signal)), signal),
    async probe(signal) {
      const hash = await nodeHash(signal);
      if (!held) return 'unknown';
      if (hash === held.hash) return 'same';
      drift = hash === emptyHash ? 'lost' : 'replaced';
      return 'drifted';
    },
    async apply(plan, desired, signal): Promise<ApplyReport> {
      const whole = encode(desired);
      const known = refusals.recall(whole.hash);
      if (known?.kind === 'nothing') throw known.error;
      let live = await nodeHash(signal);
      if (isEmptyState(desired) && live !== emptyHash && plan.summary.deleting === 0) {
        throw targetErrors.error('KONG_EMPTY_CONFIG', { url: client.url });
      }
      const base = () => unapplyPlan(desired, plan);
      let taken: KongState | undefined;
      /** A Kong that does not even take what it holds refuses nothing: it is out of order. */
      const takesWhatItHolds = async (): Promise<boolean> => {
        const state = taken ?? base();
        const document = encode(state);
        const answer = await push(document, signal);
        if (answer.kind === 'taken') live = isEmptyState(state) ? emptyHash : document.hash;
        return answer.kind === 'taken' || answer.unsure !== true;
      };
      const send = async (state: KongState) => {
        const document = encode(state);
        const isLive = document.hash === live || encodeAsWritten(state)?.hash === live;
        if (isLive || (isEmptyState(state) && live === emptyHash)) {
          return { kind: 'taken', changed: false } as const;
        }
        if (isEmptyState(state) && !isEmptyState(desired)) {
          const reason = 'nothing of it is left';
          return { kind: 'refused', body: undefined, reason, nothingLeft: true } as const;
        }
        const answer = await push(document, signal);
        if (answer.kind === 'refused') {
          if (answer.unsure !== true || (await takesWhatItHolds())) return answer;
          const details = { method: 'POST', path: '/config', status: 500, reason: answer.reason };
          throw targetErrors.error('KONG_FAILED', details);
        }
        taken = state;
        live = isEmptyState(state) ? emptyHash : document.hash;
        // Also where it says that nothing changed: then the reply to the first try was lost.
        return { kind: 'taken', changed: true } as const;
      };
      try {
        const rounds = { send, base, fallback, maxRounds, maxProbes };
        const pushed = await pushInRounds(known?.state ?? desired, rounds);
        const failures = [...(known?.failures ?? []), ...pushed.failures];
        const { state: sent } = pushed;
        if (sent === desired) refusals.forget();
        else if (!known) refusals.remember(whole.hash, { kind: 'reduced', state: sent, failures });
        const shown = pushed.writes > 0 ? await waitForHash(client, live, settleMs, signal) : live;
        if (shown !== live) {
          const details = { waitedMs: settleMs, shown: shown === emptyHash ? 'nothing' : shown };
          failures.push(targetErrors.failure('KONG_CONFIG_NOT_LIVE', details));
        }
        // The next load would make up something else of what is left open.
        const made = pushed.writes > 0 && canonical.isOpen(sent) && shown === live;
        const state = made
          ? canonical.withMadeUp(sent, (await readNode(live, signal)).state)
          : sent;
        held = { hash: live, state };
        drift = undefined;
        const applied = sent === desired ? plan : diff(base(), sent);
        return { writes: pushed.writes, applied, failures, state };
      } catch (error) {
        const refused = error instanceof MeshdError && error.code === 'KONG_CONFIG_REFUSED';
        if (refused) refusals.remember(whole.hash, { kind: 'nothing', error });
        throw error;
      }
    },
    close: () => client.close(),
  };
}
