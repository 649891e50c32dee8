/**
 * What a plan would create and the gateway has already, in hands that are not ours. Without this a name
 * that is taken shows as a harmless create in the diff and ends the sync with a 409.
 */
import type { Failure } from '../../../catalog/error';
import { entityLabel, type Entity, type EntityType } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { fieldChanges } from '../../plan/compare-fields';
import { identityOf } from '../../plan/dependants';
import { planOf } from '../../plan/diff';
import { filterPlan } from '../../plan/policy';
import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import type { PlanCheck } from '../target';
import { describeHolder, findHolder, indexHolders } from './find-holder';
import { readList, type RawEntity } from './list-pages';
import { resources } from './resources';
import { runBounded } from './run-bounded';
import { contextOf, nameTaken } from './write-change';

export interface CheckContext {
  readonly client: KongClient;
  readonly selectTags: readonly string[];
  readonly parallelism: number;
  /** Of others, on upstreams of ours: known from reading. */
  readonly foreignTargets: readonly RawEntity[];
  /** Entities as Kong gives them, in canonical form. */
  readonly canonical: (
    raw: ReadonlyMap<EntityType, readonly RawEntity[]>,
  ) => Promise<readonly Entity[]>;
  readonly signal: AbortSignal;
}

type Create = Extract<Change, { op: 'create' }>;
type Finder = (entity: Entity) => RawEntity | undefined | Promise<RawEntity | undefined>;

/** From so many creates of a type on, listing all of the type is cheaper than asking for each. */
const listFrom = 100;

/**
 * Where an entity holds the name under another id, the create is held back with its dependants and
 * reported. Where it has the very id, it is ours and has lost its tags: the create becomes an update,
 * which gives them back. Costs at most one call for a create, and for many one for 1,000 entities.
 */
export async function checkCreates(plan: Plan, context: CheckContext): Promise<PlanCheck> {
  const creates = plan.changes.filter((change) => change.op === 'create');
  // Without tags everything is ours and was read, so nobody else can hold anything.
  if (context.selectTags.length === 0 || creates.length === 0) return { plan, failures: [] };
  const holders = await findHolders(creates, context);
  if (holders.size === 0) return { plan, failures: [] };
  const failures: Failure[] = [];
  const refused = new Set<Change>();
  const changes: Change[] = [];
  for (const change of plan.changes) {
    const holder = change.op === 'create' ? holders.get(change) : undefined;
    if (change.op !== 'create' || !holder) {
      changes.push(change);
    } else if (holder.id === change.next.id) {
      const { next } = change;
      const [read = next] = await context.canonical(new Map([[next.type, [holder]]]));
      const previous = { ...read, key: next.key };
      changes.push({ op: 'update', previous, next, fields: fieldChanges(previous, next) });
    } else {
      const by = describeHolder(change.next.type, holder);
      failures.push(nameTaken(change.next, by, context.selectTags));
      refused.add(change);
      changes.push(change);
    }
  }
  const checked = filterPlan(planOf(changes), (change) => !refused.has(change));
  return { plan: checked.plan, failures: [...failures, ...leftOut(checked.held, refused)] };
}

async function findHolders(
  creates: readonly Create[],
  context: CheckContext,
): Promise<ReadonlyMap<Change, RawEntity>> {
  const made = new Set(creates.map(({ next }) => identityOf(next)));
  const byType = new Map<EntityType, Create[]>();
  for (const create of creates) {
    if (resources[create.next.type] && !isBesideNobody(create.next, made)) {
      const known = byType.get(create.next.type);
      if (known) known.push(create);
      else byType.set(create.next.type, [create]);
    }
  }
  const holders = new Map<Change, RawEntity>();
  for (const [type, asked] of byType) {
    const find = await finderFor(type, asked.length, context);
    await runBounded(asked, context.parallelism, async (create) => {
      const holder = await find(create.next);
      if (holder) holders.set(create, holder);
    });
  }
  return holders;
}

/** What is unique within a parent that is only being made has no rival. */
function isBesideNobody({ type, references }: Entity, made: ReadonlySet<string>): boolean {
  if (!['plugins', 'targets', 'acls'].includes(type)) return false;
  return Object.values(references).some((parent) => parent && made.has(identityOf(parent)));
}

async function finderFor(
  type: EntityType,
  count: number,
  { client, foreignTargets, signal }: CheckContext,
): Promise<Finder> {
  if (type === 'targets') return indexHolders(type, foreignTargets);
  const collection = resources[type]?.collection;
  if (count < listFrom || collection === undefined) {
    return (entity) => findHolder(client, entity, signal);
  }
  const list = await readList(client, collection, [], signal);
  return indexHolders(type, list?.items ?? []);
}

function leftOut(held: readonly Change[], refused: ReadonlySet<Change>): readonly Failure[] {
  const lost = new Map<string, Entity>();
  const failures: Failure[] = [];
  for (const change of held) {
    if (change.op === 'delete') continue;
    const { next } = change;
    lost.set(identityOf(next), next);
    if (refused.has(change)) continue;
    const parent = Object.values(next.references)
      .map((reference) => reference && lost.get(identityOf(reference)))
      .find((entity) => entity !== undefined);
    const details = { parent: parent ? entityLabel(parent) : 'another entity' };
    failures.push(targetErrors.failure('KONG_ENTITY_LEFT_OUT', details, contextOf(next)));
  }
  return failures;
}
