/** What tells an entity from all others at a gateway, whatever its id. Pure. */
import type { Entity, EntityType } from '../kong/model';
import { identityOf, type Identity } from './dependants';

/**
 * What only one entity of a type can have, the name first. Below a parent that is the parent's id and
 * no name of it: a parent may be renamed, and its children are still the same.
 */
export function marksOf(entity: Entity, aligned: ReadonlyMap<Identity, string>): readonly string[] {
  const { type, key, fields } = entity;
  const further = (uniqueFields[type] ?? []).flatMap((field) => {
    const value = fields[field];
    return typeof value === 'string' ? [[type, field, value, ...scopeOf(entity, aligned)]] : [];
  });
  // A linked target is known by the address in the file, too: Kong has that one until the first sync.
  if (type === 'targets') further.push([type, 'key', key, ...scopeOf(entity, aligned)]);
  const own = ownMark[type];
  const name = own === undefined ? `${type}/${key}` : [type, own, fields[own]];
  const first =
    typeof name === 'string' ? name : JSON.stringify([...name, ...scopeOf(entity, aligned)]);
  return [first, ...further.map((mark) => JSON.stringify(mark))];
}

function scopeOf(entity: Entity, aligned: ReadonlyMap<Identity, string>): readonly string[] {
  return isWithinParents(entity) ? parentsOf(entity, aligned) : [];
}

export function parentsOf(
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
const withinParents: ReadonlySet<EntityType> = new Set<EntityType>([
  'plugins',
  'targets',
  'acls',
  'keys',
]);

export function isWithinParents({ type }: Pick<Entity, 'type'>): boolean {
  return withinParents.has(type);
}
