/** A Kong with a database: written entity by entity, and only as far as it is ours. */
import { isDeepStrictEqual } from 'node:util';

import type { Failure } from '../../../catalog/error';
import { sortEntities, type Entity, type JsonObject, type KongState } from '../../kong/model';
import { applyPlan, unapplyPlan } from '../../plan/apply-plan';
import type { Change, Plan } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { diff, planOf } from '../../plan/diff';
import { takesAlong } from '../../plan/filters/never-applied';
import { freeValues } from '../../plan/free-values';
import { deletedBy } from '../../plan/hold';
import { movePlugins } from '../../plan/move-plugins';
import { subjectOf } from '../../plan/order';
import { filterPlan } from '../../plan/plan-filter';
import { targetErrors } from '../errors';
import { createKongClient } from '../kong-http/client';
import { inOrderOf } from '../kong-http/list-order';
import { createSchemaStore } from '../kong-http/schemas';
import type { ApplyReport, KongTarget, PlanCheck } from '../target';
import type { AdminOptions } from './admin-options';
import { applyChanges } from './apply-changes';
import { createCanonicaliser } from './canonicalise';
import { checkGuards } from './check-guards';
import { checkCreates, type CreatesChecked } from './check-creates';
import { withForeignChildren } from './check-deletes';
import { externalUpstreams, findExternals } from './find-externals';
import { fromRaw, withKeys } from './from-raw';
import { isRawEntity } from './list-pages';
import { createOwnership } from './ownership';
import { RoundProbe } from './probe';
import { readEntities, type Listing, type ReadContext } from './read-entities';
import { readPlaces } from './read-places';
import { requireDatabase } from './require-database';
import { withWorkspace } from './with-workspace';
import { contextOf, findHandover, writeChange } from './write-change';

export interface AdminTarget extends KongTarget {
  readonly name: 'kong-admin';
  check(plan: Plan, signal: AbortSignal): Promise<PlanCheck>;
  close(): void;
}

/** What the gateway holds of ours, as far as we know. */
interface Held {
  readonly state: KongState;
  readonly listing: Pick<Listing, 'foreignTargets' | 'types'>;
  readonly listedAtMs: number;
}

/** @throws MeshdError KONG_ADMIN_URL, KONG_TLS_FILE. */
export function createAdminTarget(options: AdminOptions): AdminTarget {
  const { parallelism = 10, relistMs = 3_600_000, ownerTag } = options;
  const now = options.now ?? (() => performance.now());
  const http = createKongClient({ connections: parallelism, ...options });
  let workspace = options.workspace;
  const client = withWorkspace(http, () => workspace);
  let ownership = createOwnership({ ...options, selectTags: options.selectTags ?? [] });
  const canonical = createCanonicaliser(createSchemaStore(client, now), () => ownership);
  const fieldsToSend = (entity: Entity) => canonical.fieldsToSend(entity);
  let held: Held | undefined;
  /** Something was sent or seen after which what is held has to be read again. */
  let doubtful = false;
  let otherUpstreams: readonly string[] = [];
  let probing: { readonly state: KongState; readonly round: RoundProbe } | undefined;
  /** What `check` let through need not be asked again; an update of what has lost its tags is ours. */
  const checked = new WeakSet<Change>();
  const healing = new WeakSet<Change>();

  /** Tags cannot change once something was listed by others: what carries those would be forgotten. */
  function takeTags({ selectTags }: KongState): void {
    if (selectTags.length === 0 || sameTags(selectTags, ownership.selectTags)) return;
    if (held || ownership.selectTags.length > 0) {
      const details = { files: shown(selectTags), target: shown(ownership.selectTags) };
      throw targetErrors.error('KONG_SELECT_TAGS', details);
    }
    ownership = createOwnership({ ...options, selectTags });
  }

  /** As with tags: what was listed in one workspace says nothing about another. */
  function takeWorkspace({ workspace: ofFiles }: KongState): void {
    // A Kong without workspaces has this one all the same, and no path for it.
    const wanted = ofFiles === 'default' ? undefined : ofFiles;
    if (options.workspace !== undefined || wanted === workspace) return;
    if (held) {
      const details = { files: wanted ?? 'default', target: workspace ?? 'default' };
      throw targetErrors.error('KONG_WORKSPACE_CHANGED', details);
    }
    workspace = wanted;
  }

  /** Whose targets are read besides: what is held lacks those of another one. */
  function takeUpstreams(desired: KongState): void {
    const wanted = externalUpstreams(desired);
    if (isDeepStrictEqual(wanted, otherUpstreams)) return;
    otherUpstreams = wanted;
    doubtful = true;
  }

  function reading(signal: AbortSignal): ReadContext {
    return {
      client,
      ownership,
      parallelism,
      signal,
      progress: options.progress,
      async canonical(type, { items, version }) {
        canonical.noteVersion(version);
        const raw = items.map((item) => fromRaw(type, item, ownerTag));
        const read = await canonical.ofRead(raw, signal);
        return options.asListed ? inOrderOf(read, raw) : read;
      },
    };
  }

  async function list(signal: AbortSignal): Promise<Held> {
    await requireDatabase(client, signal);
    const { entities, ...listing } = await readEntities(reading(signal), otherUpstreams);
    const { selectTags } = ownership;
    const state = { entities: sortEntities(withKeys(entities)), passthrough: {}, selectTags };
    return { state, listing, listedAtMs: now() };
  }

  async function current(signal: AbortSignal): Promise<Held> {
    if (held && !doubtful) return held;
    held = await list(signal);
    doubtful = false;
    return held;
  }

  async function check(plan: Plan, signal: AbortSignal): Promise<CreatesChecked> {
    signal.throwIfAborted();
    const { foreignTargets } = held?.listing ?? { foreignTargets: [] };
    const { state } = await current(signal);
    const cascading = await withForeignChildren(plan, reading(signal));
    const free = await checkCreates(cascading, { ...reading(signal), foreignTargets });
    const guarded = await checkGuards(free.plan, state.entities, {
      ...reading(signal),
      fieldsToSend,
    });
    const failures = [...free.failures, ...guarded.failures];
    const result = { ...free, plan: freeValues(movePlugins(guarded.plan, state)), failures };
    const given = new Set(plan.changes);
    for (const change of result.plan.changes) {
      checked.add(change);
      // Not of the plan: an update of what lost its tags, and what would go along with its parent.
      if (!given.has(change)) healing.add(change);
    }
    return result;
  }

  /** For a plan that nobody has judged: what would take along what belongs to others stays. */
  async function checkAlone(plan: Plan, signal: AbortSignal): Promise<CreatesChecked> {
    const result = await check(plan, signal);
    // A plugin that is to move may be made anew at its new place.
    const asked = new Set(
      plan.changes.flatMap((change) =>
        change.op === 'create' ? [] : [identityOf(change.previous)],
      ),
    );
    const isAsked = (change: Change) =>
      change.op !== 'delete' || asked.has(identityOf(change.previous));
    const { plan: kept, held } = filterPlan(result.plan, isAsked);
    const foreign = deletedBy(held.filter((change) => !isAsked(change)));
    const parents = deletedBy(held.filter(isAsked));
    const failures = parents.map((parent) => takesAlong(parent, foreign));
    return { ...result, plan: kept, failures: [...result.failures, ...failures] };
  }

  async function apply(plan: Plan, desired: KongState, signal: AbortSignal): Promise<ApplyReport> {
    signal.throwIfAborted();
    const known = plan.changes.every((change) => checked.has(change));
    const allowed = known ? { plan, failures: [], there: [] } : await checkAlone(plan, signal);
    // The last line of defence: whatever a plan says, what is not ours stays as it is.
    const isOurs = (change: Change) =>
      change.op === 'create' ||
      healing.has(change) ||
      ownership.owns(change.previous.fields['tags']);
    const ours = filterPlan(allowed.plan, isOurs).plan;
    const stored = new Map<Identity, JsonObject>();
    const context = {
      client,
      ownership,
      signal,
      fieldsToSend,
      onStored(entity: Entity, reply: unknown) {
        if (canonical.isOpen(entity) && isRawEntity(reply)) {
          stored.set(identityOf(entity), fromRaw(entity.type, reply, ownerTag).fields);
        }
      },
    };
    const before = doubtful;
    // If this ends early, nobody knows what has been written.
    doubtful = true;
    const handedOver: Identity[] = [];
    let written = 0;
    const steps = new Set<Entity>();
    const heard = (change: Change, failure: Failure | undefined) => {
      if (failure?.code === 'KONG_ENTITY_HANDED_OVER') {
        handedOver.push(identityOf(subjectOf(change)));
      }
      return failure;
    };
    const write = async (change: Change, meant?: Entity): Promise<Failure | undefined> => {
      const failure = heard(
        change,
        await writeChange(
          meant ? { ...context, fieldsToSend: () => fieldsToSend(meant) } : context,
          change,
        ),
      );
      // A route that is made closed is opened by a second write, and is one change.
      if (meant && steps.has(meant)) return failure;
      if (meant) steps.add(meant);
      written += 1;
      const total = Math.max(ours.changes.length, written);
      options.progress?.({ step: 'writing to Kong', done: written, total });
      return failure;
    };
    const base = held?.state ?? unapplyPlan(desired, plan);
    const applied = await applyChanges(ours, base.entities, {
      write,
      stays: async (change) => heard(change, await findHandover(context, change.previous)),
      parallelism,
    });
    doubtful = before || applied.uncertain || handedOver.length > 0;
    const whole = ours === plan && applied.done.length === plan.changes.length;
    const made = planOf([...allowed.there, ...applied.done]);
    const entities = whole ? desired.entities : applyPlan(base, made).entities;
    const state =
      whole && stored.size === 0 ? desired : { ...desired, entities: withMadeUp(entities, stored) };
    if (held) held = { ...held, state };
    return {
      writes: applied.writes,
      applied: whole ? ours : planOf(applied.done),
      failures: [...allowed.failures, ...applied.failures],
      handedOver,
      state,
    };
  }

  /** What Kong made up is Kong's: it must be known before anything of it is written again. */
  function withMadeUp(
    entities: readonly Entity[],
    stored: ReadonlyMap<Identity, JsonObject>,
  ): readonly Entity[] {
    if (stored.size === 0) return entities;
    return entities.map((entity) => {
      const fields = stored.get(identityOf(entity));
      return fields ? canonical.withMadeUp(entity, fields) : entity;
    });
  }

  async function probe(signal: AbortSignal): Promise<'same' | 'drifted' | 'unknown'> {
    signal.throwIfAborted();
    if (!held) return 'unknown';
    if (doubtful) return 'drifted';
    // Where Kong does not answer, the next read must not be answered from memory.
    doubtful = true;
    const same = await holdsStill(held, signal);
    doubtful = !same;
    return same ? 'same' : 'drifted';
  }

  async function holdsStill(known: Held, signal: AbortSignal): Promise<boolean> {
    const { state, listing, listedAtMs } = known;
    if (now() - listedAtMs >= relistMs) {
      const fresh = await list(signal);
      const same = diff(state, fresh.state).changes.length === 0;
      held = same ? { ...fresh, state } : fresh;
      return same;
    }
    if (probing?.state !== state) {
      probing = { state, round: new RoundProbe(state.entities, probing?.round) };
    }
    return probing.round.look({ ...reading(signal), types: listing.types });
  }

  return {
    name: 'kong-admin',
    async read(signal) {
      signal.throwIfAborted();
      return (await current(signal)).state;
    },
    async canonicalise(desired, signal) {
      signal.throwIfAborted();
      takeTags(desired);
      takeWorkspace(desired);
      takeUpstreams(desired);
      const { state } = await current(signal);
      const found = await findExternals(desired.externals ?? [], state.entities, reading(signal));
      return await canonical.ofDesired({ ...desired, ...found.state }, state, found.ids, signal);
    },
    async places({ withTargets }, signal) {
      signal.throwIfAborted();
      return readPlaces(reading(signal), withTargets);
    },
    check,
    owns: ({ fields }) =>
      ownership.listings.every((tags) => tags.length > 0) && ownership.owns(fields['tags']),
    unsupported: ({ passthrough, entities }) => [
      ...Object.keys(passthrough)
        .filter((key) => !key.startsWith('_'))
        .map((key) =>
          targetErrors.failure('KONG_KEY_NOT_WRITTEN', { key }, { entity: `key ${key}` }),
        ),
      ...entities.flatMap((entity) => {
        const given = canonical.idNotTaken(entity);
        if (given === undefined) return [];
        const details = { given, kept: entity.id };
        return [targetErrors.failure('KONG_ID_KEPT', details, contextOf(entity))];
      }),
    ],
    apply,
    probe,
    close: () => client.close(),
  };
}

function sameTags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((tag) => b.includes(tag));
}

function shown(tags: readonly string[]): string {
  return tags.length === 0 ? 'none' : tags.join(', ');
}
