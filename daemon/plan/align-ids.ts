/** Which ids desired entities take over from what exists. Pure. */
import { identify, type Referenced } from '../kong/identity';
import {
  compareEntities,
  type Entity,
  type EntityType,
  type Json,
  type KongState,
} from '../kong/model';
import { identityOf, type Identity } from './dependants';
import { levelOf } from './order';

/**
 * An entity that exists under the name of a desired one, or with another value that Kong keeps unique,
 * keeps its id, unless the user has given one: a gateway that decK filled has random ids, and making
 * everything anew would take its routes down. A renamed one is updated in place, so that Kong deletes
 * nothing that hangs on it.
 *
 *     current              desired                     result
 *     -------------------  --------------------------  ------------------------------
 *     orders (random)      orders (derived)            orders: random
 *     orders (random)      orders (given by the user)  nothing: it is to be replaced
 *     cors on r (random)   cors on r (given)           cors: random, as nothing may be uncovered
 *     orders (derived)     orders (derived)            nothing
 *     route a              route b, else equal         b: that of a
 *     ann, custom_id 7     bob, custom_id 7            bob: that of ann
 *
 * @param known ids of what desired entities refer to and the desired state does not define.
 * @returns the id to take, by the identity of the desired entity; `known` where all is in line.
 */
export function alignIds(
  current: KongState,
  desired: KongState,
  known: ReadonlyMap<Identity, string> = none,
): ReadonlyMap<Identity, string> {
  const { left, right } = outOfLine(current.entities, desired.entities);
  const aligned = new Map<Identity, string>(known);
  if (left.length === 0 || right.length === 0) return aligned;
  const currentIds = new Set(left.map(identityOf));
  const desiredIds = new Set(right.map(identityOf));
  // Where the ids are wanted as they are, names change hands: the diff knows how.
  const free = new Set(left.filter((holder) => !desiredIds.has(identityOf(holder))));
  const take = (next: Entity, holder: Entity | undefined): void => {
    if (!holder || !free.delete(holder)) return;
    aligned.set(identityOf(next), holder.id);
  };
  const holders = new Map(
    left.flatMap((entity) => marksOf(entity, aligned).map((mark) => [mark, entity])),
  );
  for (const group of levelsOf(right.filter(({ type }) => type !== 'plugins'))) {
    const open = group.filter((next) => !currentIds.has(identityOf(next)) && isDerived(next));
    for (const next of open) {
      const marks = marksOf(next, aligned);
      take(
        next,
        marks.map((mark) => holders.get(mark)).find((holder) => holder !== undefined),
      );
    }
    const rest = open.filter((next) => !aligned.has(identityOf(next)));
    for (const [next, holder] of renamed(rest, free, aligned)) take(next, holder);
  }
  alignPlugins(left.filter(isPlugin), right.filter(isPlugin), aligned);
  return aligned;
}

function isPlugin({ type }: Entity): boolean {
  return type === 'plugins';
}

/**
 * A plugin is the one that its scope has, whatever their ids, those in the files included: Kong allows one
 * of a type on each, so another id would mean a moment without the plugin. One that has moved keeps the id
 * of the scope it came from. Whose id another one has by that takes an id that became free.
 */
function alignPlugins(
  left: readonly Entity[],
  right: readonly Entity[],
  aligned: Map<Identity, string>,
): void {
  const holders = new Map(left.map((entity) => [marksOf(entity, aligned)[0], entity]));
  const holderOf = (next: Entity) => holders.get(marksOf(next, aligned)[0]);
  const derived = right.filter(isDerived);
  const given = right.filter((next) => !isDerived(next));
  const taken = new Set(given.filter((next) => !holderOf(next)).map(({ id }) => id));
  const others: Entity[] = [];
  for (const next of [...derived, ...given.filter(holderOf)]) {
    const holder = holderOf(next);
    if (holder && !taken.has(holder.id)) {
      taken.add(holder.id);
      if (holder.id !== next.id) aligned.set(identityOf(next), holder.id);
    } else others.push(next);
  }
  const displaced = others.filter(({ id }) => taken.has(id));
  for (const { id } of others) taken.add(id);
  // Those that exist come last: what has one of them is to be deleted, and would move instead.
  const exists = new Set(left.map(({ id }) => id));
  const spare = derived.map(({ id }) => id).filter((id) => !taken.has(id));
  spare.sort((a, b) => Number(exists.has(b)) - Number(exists.has(a)));
  for (const next of displaced) {
    const id = spare.pop();
    if (id !== undefined) aligned.set(identityOf(next), id);
  }
}

/** Pairs that are equal but for the name, where nothing else on either side looks the same. */
function renamed(
  next: readonly Entity[],
  free: ReadonlySet<Entity>,
  aligned: ReadonlyMap<Identity, string>,
): readonly (readonly [Entity, Entity])[] {
  if (!next.some(({ type }) => isRenamable.has(type))) return [];
  const before = byContent([...free], aligned);
  return [...byContent(next, aligned)].flatMap(([content, [entity, ...others]]) => {
    const [holder, ...rivals] = before.get(content) ?? [];
    return entity && holder && others.length + rivals.length === 0 ? [[entity, holder]] : [];
  });
}

function byContent(
  entities: readonly Entity[],
  aligned: ReadonlyMap<Identity, string>,
): ReadonlyMap<string, readonly Entity[]> {
  const groups = new Map<string, Entity[]>();
  for (const entity of entities) {
    if (!isRenamable.has(entity.type)) continue;
    const content = JSON.stringify([entity.type, unnamed(entity), parentsOf(entity, aligned)]);
    const group = groups.get(content);
    if (group) group.push(entity);
    else groups.set(content, [entity]);
  }
  return groups;
}

function unnamed({ fields }: Entity): readonly (readonly [string, Json])[] {
  return Object.entries(fields)
    .filter(([field, value]) => field !== 'name' && value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Whose name nothing else refers to and whose content tells one from another. A consumer is known by
 * its names alone; an upstream by the name that services call, so it is made anew and then left.
 */
const isRenamable: ReadonlySet<EntityType> = new Set<EntityType>(['services', 'routes']);

const none: ReadonlyMap<Identity, string> = new Map();

/**
 * What has no counterpart under the same id at the same place of the other list, and plugins whose
 * counterpart has another scope.
 */
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
    const same = previous && next && previous.type === next.type && previous.id === next.id;
    if (same && isPlugin(next) && marksOf(previous, none)[0] !== marksOf(next, none)[0]) {
      left.push(previous);
      right.push(next);
      c++;
      d++;
      continue;
    }
    if (same) {
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
export function isDerived({ type, fields, references, id }: Entity): boolean {
  const referenced: Record<string, Referenced> = {};
  for (const [field, reference] of Object.entries(references)) {
    if (reference) referenced[field] = { id: reference.id, key: '' };
  }
  return identify(type, fields, referenced)?.id === id;
}

/** Parents before their children. */
function levelsOf(entities: readonly Entity[]): readonly (readonly Entity[])[] {
  const groups: Entity[][] = [];
  for (const entity of entities) (groups[levelOf(entity.type)] ??= []).push(entity);
  return groups.filter((group) => group.length > 0);
}

/**
 * What only one entity of a type can have, the name first. Below a parent that is the parent's id and
 * no name of it: a parent may be renamed, and its children are still the same.
 */
function marksOf(entity: Entity, aligned: ReadonlyMap<Identity, string>): readonly string[] {
  const { type, key, fields } = entity;
  const further = (uniqueFields[type] ?? []).flatMap((field) => {
    const value = fields[field];
    return typeof value === 'string' ? [[type, field, value, ...scopeOf(entity, aligned)]] : [];
  });
  const own = ownMark[type];
  const name = own === undefined ? `${type}/${key}` : [type, own, fields[own]];
  const first =
    typeof name === 'string' ? name : JSON.stringify([...name, ...scopeOf(entity, aligned)]);
  return [first, ...further.map((mark) => JSON.stringify(mark))];
}

function scopeOf(entity: Entity, aligned: ReadonlyMap<Identity, string>): readonly string[] {
  return isScope.has(entity.type) ? parentsOf(entity, aligned) : [];
}

function parentsOf(
  { references }: Entity,
  aligned: ReadonlyMap<Identity, string>,
): readonly string[] {
  return Object.entries(references)
    .flatMap(([field, reference]) => {
      if (!reference) return [];
      return [`${field}=${aligned.get(identityOf(reference)) ?? reference.id}`];
    })
    .sort();
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

/** Besides the name. Two consumers with one `custom_id` are one, and so are keys of a set with one `kid`. */
const uniqueFields: Readonly<Partial<Record<EntityType, readonly string[]>>> = {
  consumers: ['username', 'custom_id'],
  keys: ['kid', 'name'],
};

/** Of these the mark is unique within their parents, of the other ones in the whole of the gateway. */
const isScope: ReadonlySet<EntityType> = new Set<EntityType>([
  'plugins',
  'targets',
  'acls',
  'keys',
]);
