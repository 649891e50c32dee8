/**
 * What Kong would delete along with a plan's deletions although it is not ours: plugins, credentials,
 * targets, SNIs and keys go together with what they belong to, without a word. Select tags hide them.
 */
import { entityKinds } from '../../kong/kinds';
import { entityTypes, type Entity, type EntityType } from '../../kong/model';
import type { Change, Plan } from '../../plan/change';
import { identityOf, type Identity } from '../../plan/dependants';
import { planOf } from '../../plan/diff';
import { deletedBy } from '../../plan/hold';
import { withKeys } from './from-raw';
import { readList, type RawEntity } from './list-pages';
import type { ReadContext } from './read-entities';
import { resources } from './resources';
import { runBounded } from './run-bounded';

/** From so many parents of a type on, listing all children is cheaper than asking for each. */
const listFrom = 50;

interface ChildList {
  readonly type: EntityType;
  /** The child's field that refers to the parent. */
  readonly field: string;
  readonly parents: readonly Entity[];
}

/**
 * The plan with the deletions of others' children in front of those of their parents: whoever allows
 * the one must allow the other. Costs a few lists for each deleted parent.
 */
export async function withForeignChildren(plan: Plan, context: ReadContext): Promise<Plan> {
  const deleted = deletedBy(plan.changes);
  // Without tags everything is read, and its deletion is in the plan already.
  if (deleted.length === 0 || context.ownership.selectTags.length === 0) return plan;
  const found = new Map<Identity, Entity>();
  const known = new Set(deleted.map(identityOf));
  await runBounded(childLists(deleted), context.parallelism, async (list) => {
    const foreign = (await readChildren(list, context)).filter(
      ({ id, tags }) =>
        !known.has(identityOf({ type: list.type, id })) && !context.ownership.owns(tags),
    );
    const page = { items: foreign, version: undefined };
    const read = foreign.length > 0 ? await context.canonical(list.type, page) : [];
    for (const entity of read) found.set(identityOf(entity), entity);
  });
  if (found.size === 0) return plan;
  const named = withKeys([...deleted, ...found.values()]);
  return insert(
    plan,
    named.filter((entity) => found.has(identityOf(entity))),
  );
}

function childLists(deleted: readonly Entity[]): readonly ChildList[] {
  const byType = new Map<EntityType, Entity[]>();
  for (const entity of deleted) {
    const others = byType.get(entity.type);
    if (others) others.push(entity);
    else byType.set(entity.type, [entity]);
  }
  return entityTypes.flatMap((type) => {
    if (!resources[type]) return [];
    return Object.entries(entityKinds[type].references).flatMap(([field, reference]) => {
      const parents = byType.get(reference.type) ?? [];
      if (parents.length === 0 || segments[type] === undefined) return [];
      return isListedAtOnce(type, parents)
        ? [{ type, field, parents }]
        : parents.map((parent) => ({ type, field, parents: [parent] }));
    });
  });
}

function isListedAtOnce(type: EntityType, parents: readonly Entity[]): boolean {
  return parents.length >= listFrom && resources[type]?.collection !== undefined;
}

async function readChildren(
  { type, field, parents }: ChildList,
  { client, signal }: ReadContext,
): Promise<readonly RawEntity[]> {
  const collection = resources[type]?.collection;
  const [parent] = parents;
  if (!parent) return [];
  if (parents.length > 1 && collection !== undefined) {
    const ids = new Set(parents.map(({ id }) => id));
    const all = await readList(client, collection, signal);
    return all.filter((item) => ids.has((item[field] as Partial<RawEntity> | null)?.id ?? ''));
  }
  const below = resources[parent.type]?.collection;
  return readList(client, `${below ?? ''}/${parent.id}/${segments[type] ?? ''}`, signal);
}

/** Where children are listed below a parent. A service's routes stop its deletion, the rest goes with it. */
const segments: Readonly<Partial<Record<EntityType, string>>> = {
  routes: 'routes',
  targets: 'targets/all',
  plugins: 'plugins',
  snis: 'snis',
  keys: 'keys',
  keyauth_credentials: 'key-auth',
  basicauth_credentials: 'basic-auth',
  hmacauth_credentials: 'hmac-auth',
  jwt_secrets: 'jwt',
  oauth2_credentials: 'oauth2',
  acls: 'acls',
};

/** Before the deletions that make room for a name where a parent is among them, else before the last. */
function insert(plan: Plan, children: readonly Entity[]): Plan {
  const { changes } = plan;
  const firstUpsert = changes.findIndex(({ op }) => op !== 'delete');
  const clearing = new Set(deletedBy(changes.slice(0, Math.max(0, firstUpsert))).map(identityOf));
  const isEarly = ({ references }: Entity) =>
    Object.values(references).some((parent) => parent && clearing.has(identityOf(parent)));
  const late = changes.findLastIndex(({ op }) => op !== 'delete') + 1;
  const deletion = (previous: Entity): Change => ({ op: 'delete', previous });
  return planOf([
    ...children.filter(isEarly).map(deletion),
    ...changes.slice(0, late),
    ...children.filter((child) => !isEarly(child)).map(deletion),
    ...changes.slice(late),
  ]);
}
