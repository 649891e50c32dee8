/**
 * What a plan would create and the gateway has already, in hands that are not ours. Without this a name
 * that is taken shows as a harmless create in the diff and ends the sync with a 409.
 */
import type { Failure } from '../../../catalog/error';
import { dependencyOrder } from '../../kong/kinds';
import { entityLabel, type Entity, type EntityType } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { fieldChanges } from '../../plan/compare-fields';
import { identityOf, type Identity } from '../../plan/dependants';
import { planOf } from '../../plan/diff';
import { filterPlan } from '../../plan/plan-filter';
import { targetErrors } from '../errors';
import type { PlanCheck } from '../target';
import { describeHolder, findHolder, indexHolders } from './find-holder';
import { readList, type RawEntity } from './list-pages';
import type { ReadContext } from './read-entities';
import { resources } from './resources';
import { runBounded } from './run-bounded';
import { contextOf, nameTaken } from './write-change';

export interface CheckContext extends ReadContext {
  /** Of others, on upstreams of ours: known from reading. */
  readonly foreignTargets: readonly RawEntity[];
}

export interface CreatesChecked extends PlanCheck {
  /** Creates of what is there already just as it should be: nothing is left to do. */
  readonly there: readonly Change[];
}

type Create = Extract<Change, { op: 'create' }>;
type Finder = (entity: Entity) => RawEntity | undefined | Promise<RawEntity | undefined>;

/** From so many creates of a type on, listing all of the type is cheaper than asking for each. */
const listFrom = 100;

/**
 * Where somebody else's entity holds the name or id, the create is held back with its dependants and
 * reported. Where it is ours and has lost its tags, the create becomes an update, which gives them back.
 * Costs at most two calls for a create, and for many one for 1,000 entities.
 */
export async function checkCreates(plan: Plan, context: CheckContext): Promise<CreatesChecked> {
  const creates = plan.changes.filter((change) => change.op === 'create');
  // Without tags everything is ours and was read, so nobody else can hold anything.
  if (context.ownership.selectTags.length === 0 || creates.length === 0) {
    return { plan, failures: [], there: [] };
  }
  const holders = await findHolders(plan, creates, context);
  if (holders.size === 0) return { plan, failures: [], there: [] };
  const failures: Failure[] = [];
  const there: Change[] = [];
  const refused = new Set<Change>();
  const changes: Change[] = [];
  for (const change of plan.changes) {
    const holder = change.op === 'create' ? holders.get(change) : undefined;
    if (change.op !== 'create' || !holder) {
      changes.push(change);
    } else if (isOurs(change.next, holder)) {
      const { next } = change;
      const page = { items: [holder], version: undefined };
      const [read = next] = await context.canonical(next.type, page);
      const previous = { ...read, key: next.key };
      const fields = fieldChanges(previous, next);
      if (fields.length === 0) there.push(change);
      else changes.push({ op: 'update', previous, next, fields });
    } else {
      const by = describeHolder(change.next.type, holder);
      failures.push(nameTaken(change.next, by, context.ownership));
      refused.add(change);
      changes.push(change);
    }
  }
  const checked = filterPlan(planOf(changes), (change) => !refused.has(change));
  const all = [...failures, ...leftOut(checked.held, refused)];
  return { plan: checked.plan, failures: all, there };
}

async function findHolders(
  plan: Plan,
  creates: readonly Create[],
  context: CheckContext,
): Promise<ReadonlyMap<Change, RawEntity>> {
  const made = new Set(creates.map(({ next }) => identityOf(next)));
  const going = new Set(
    plan.changes.flatMap((change) => (change.op === 'delete' ? [identityOf(change.previous)] : [])),
  );
  const healed = new Set<Identity>();
  const holders = new Map<Change, RawEntity>();
  // Parents first: below one that is there after all, children may be there too.
  for (const type of dependencyOrder) {
    if (!resources[type]) continue;
    const asked = creates.filter(({ next }) => next.type === type);
    const find = await finderFor(type, asked, { healed, made }, context);
    await runBounded(asked, context.parallelism, async (create) => {
      const holder = await find(create.next);
      // One of ours goes to make room, or what we know of it is old: Kong will say.
      if (!holder || going.has(identityOf({ type, id: holder.id }))) return;
      if (holder.id !== create.next.id && context.ownership.owns(holder['tags'])) return;
      holders.set(create, holder);
      if (!isOurs(create.next, holder)) return;
      made.delete(identityOf(create.next));
      healed.add(identityOf(create.next));
    });
  }
  return holders;
}

/**
 * It has our id, and no tag that we would not write. Another team that configures the same name makes
 * the same id of it, but has its own tag on it.
 */
function isOurs(next: Entity, holder: RawEntity): boolean {
  const written = next.fields['tags'];
  const tags: readonly unknown[] = Array.isArray(holder['tags']) ? holder['tags'] : [];
  const known: readonly unknown[] = Array.isArray(written) ? written : [];
  return holder.id === next.id && tags.every((tag) => known.includes(tag));
}

/** What is unique within a parent that is only being made has no rival. */
function isBesideNobody({ type, references }: Entity, made: ReadonlySet<string>): boolean {
  if (!['plugins', 'targets', 'acls'].includes(type)) return false;
  return Object.values(references).some((parent) => parent && made.has(identityOf(parent)));
}

async function finderFor(
  type: EntityType,
  asked: readonly Create[],
  {
    healed,
    made,
  }: { readonly healed: ReadonlySet<Identity>; readonly made: ReadonlySet<Identity> },
  { client, foreignTargets, signal }: CheckContext,
): Promise<Finder> {
  const collection = resources[type]?.collection;
  if (type === 'targets') {
    // Of an upstream that was not read as ours, its targets were not read either.
    const known = indexHolders(type, foreignTargets);
    const isRead = ({ references: { upstream } }: Entity) =>
      upstream === undefined || !healed.has(identityOf(upstream));
    return (entity) => (isRead(entity) ? known(entity) : findHolder(client, entity, signal));
  }
  if (asked.length < listFrom || collection === undefined) {
    return (entity) => findHolder(client, entity, signal, isBesideNobody(entity, made));
  }
  return indexHolders(type, await readList(client, collection, signal));
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
