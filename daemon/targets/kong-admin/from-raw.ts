/** Entities as Kong gives them → the model. */
import { identify, type Referenced } from '../../kong/identity';
import { dependencyOrder, entityKinds } from '../../kong/kinds';
import type { Entity, EntityReference, EntityType, Json } from '../../kong/model';
import { identityOf, type Identity } from '../../plan/dependants';
import type { RawEntity } from './list-pages';

/** The last is a key that no assignment may make; Kong has no such field. */
const never: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at', '__proto__']);

/**
 * One entity without what was not configured, its key yet to be made: that needs its parents' keys.
 * @param ownerTag marks what was made for the mesh.
 */
export function fromRaw(type: EntityType, raw: RawEntity, ownerTag: string): Entity {
  const kinds = entityKinds[type].references;
  const fields: Record<string, Json> = {};
  const references: Record<string, EntityReference> = {};
  for (const [name, value] of Object.entries(raw as Readonly<Record<string, Json>>)) {
    if (never.has(name)) continue;
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (!kind) {
      fields[name] = value;
      continue;
    }
    const id = idIn(value);
    if (id !== undefined) references[name] = { type: kind.type, id };
  }
  const { id, tags } = raw;
  const owner = Array.isArray(tags) && tags.includes(ownerTag) ? 'mesh' : 'user';
  return { type, key: id, id, fields, references, owner, secrets: [] };
}

/** With the keys as files give them; a parent that is not among them goes by its id. */
export function withKeys(entities: readonly Entity[]): readonly Entity[] {
  const byType = new Map<EntityType, Entity[]>();
  for (const entity of entities) {
    const others = byType.get(entity.type);
    if (others) others.push(entity);
    else byType.set(entity.type, [entity]);
  }
  const keys = new Map<Identity, string>();
  return dependencyOrder.flatMap((type) =>
    (byType.get(type) ?? []).map((entity) => {
      const { key } = identify(type, entity.fields, parentsOf(entity, keys), entity.id) ?? entity;
      keys.set(identityOf(entity), key);
      return { ...entity, key };
    }),
  );
}

function parentsOf(
  { references }: Entity,
  keys: ReadonlyMap<Identity, string>,
): Readonly<Record<string, Referenced>> {
  const parents: Record<string, Referenced> = {};
  for (const name in references) {
    const reference = references[name];
    if (!reference) continue;
    const { id } = reference;
    parents[name] = { id, key: keys.get(identityOf(reference)) ?? id };
  }
  return parents;
}

function idIn(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return typeof value.id === 'string' ? value.id : undefined;
}
