/** Which ids desired entities take over from what exists under the same name. Pure. */
import { identify, type Referenced } from '../kong/identity';
import { compareEntities, type Entity, type EntityType, type KongState } from '../kong/model';
import { identityOf, type Identity } from './dependants';
import { levelOf } from './order';

/**
 * An entity that exists under the name of a desired one keeps its id, unless the user has given one: a
 * gateway that decK filled has random ids, and making everything anew would take its routes down.
 *
 *     current              desired                     result
 *     -------------------  --------------------------  ------------------------------
 *     orders (random)      orders (derived)            orders: random
 *     orders (random)      orders (given by the user)  nothing: it is to be replaced
 *     orders (derived)     orders (derived)            nothing
 *
 * @returns the id to take, by the identity of the desired entity; empty where all is in line.
 */
export function alignIds(current: KongState, desired: KongState): ReadonlyMap<Identity, string> {
  const { left, right } = outOfLine(current.entities, desired.entities);
  const aligned = new Map<Identity, string>();
  if (left.length === 0 || right.length === 0) return aligned;
  const holders = new Map(left.map((entity) => [markOf(entity, aligned), entity]));
  const currentIds = new Set(left.map(identityOf));
  const desiredIds = new Set(right.map(identityOf));
  for (const next of parentsFirst(right)) {
    const identity = identityOf(next);
    const holder = holders.get(markOf(next, aligned));
    // Where the ids are wanted as they are, names change hands: the diff knows how.
    if (!holder || currentIds.has(identity) || desiredIds.has(identityOf(holder))) continue;
    if (isDerived(next)) aligned.set(identity, holder.id);
  }
  return aligned;
}

/** What has no counterpart under the same id at the same place of the other list. */
function outOfLine(
  current: readonly Entity[],
  desired: readonly Entity[],
): { left: readonly Entity[]; right: readonly Entity[] } {
  const left: Entity[] = [];
  const right: Entity[] = [];
  let c = 0;
  let d = 0;
  while (c < current.length || d < desired.length) {
    const previous = current[c];
    const next = desired[d];
    if (previous && next && previous.type === next.type && previous.id === next.id) {
      c++;
      d++;
      continue;
    }
    const order = !previous ? 1 : !next ? -1 : compareEntities(previous, next);
    if (previous && order <= 0) {
      left.push(previous);
      c++;
    }
    if (next && order >= 0) {
      right.push(next);
      d++;
    }
  }
  return { left, right };
}

/** Whether the id says no more than the name does, so that nobody has chosen it. */
function isDerived({ type, fields, references, id }: Entity): boolean {
  const referenced: Record<string, Referenced> = {};
  for (const [field, reference] of Object.entries(references)) {
    if (reference) referenced[field] = { id: reference.id, key: '' };
  }
  return identify(type, fields, referenced)?.id === id;
}

function parentsFirst(entities: readonly Entity[]): readonly Entity[] {
  return [...entities].sort((a, b) => levelOf(a.type) - levelOf(b.type));
}

/**
 * What only one entity of a type can have. Below a parent that is the parent's id and no name of it: a
 * parent may be renamed, and its children are still the same.
 */
function markOf(
  { type, key, fields, references }: Entity,
  aligned: ReadonlyMap<Identity, string>,
): string {
  const own = ownMark[type];
  if (own === undefined) return `${type}/${key}`;
  const parents = Object.entries(references).flatMap(([field, reference]) => {
    if (!reference || !isScope.has(type)) return [];
    return [`${field}=${aligned.get(identityOf(reference)) ?? reference.id}`];
  });
  return [type, JSON.stringify(fields[own]), ...parents.sort()].join('/');
}

const ownMark: Readonly<Partial<Record<EntityType, string>>> = {
  plugins: 'name',
  targets: 'target',
  acls: 'group',
  keyauth_credentials: 'key',
  basicauth_credentials: 'username',
  hmacauth_credentials: 'username',
  jwt_secrets: 'key',
  oauth2_credentials: 'client_id',
};

/** Of these the mark is unique within their parents, of the other ones in the whole of the gateway. */
const isScope: ReadonlySet<EntityType> = new Set<EntityType>(['plugins', 'targets', 'acls']);
