/** Entities as Kong gives them → the model. */
import { identify, type Referenced } from '../../kong/identity';
import { dependencyOrder, entityKinds } from '../../kong/kinds';
import type { Entity, EntityReference, EntityType, Json, JsonObject } from '../../kong/model';
import { identityOf, type Identity } from '../../plan/dependants';
import type { RawEntity } from './list-pages';

/**
 * What Kong shows and nobody has configured: times, what it works out itself (the digest of a CA
 * certificate, the names that use a certificate, the time a key has left).
 */
const notConfigured: Readonly<Partial<Record<EntityType, ReadonlySet<string>>>> = {
  certificates: new Set(['snis']),
  ca_certificates: new Set(['cert_digest']),
  keyauth_credentials: new Set(['ttl']),
};
const never: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at']);

/**
 * In an order in which parents come first, so that their keys are known when their children's are made;
 * the key of a parent that is not among them is its id.
 * @param ownerTag marks what was made for the mesh.
 */
export function fromRaw(
  raw: ReadonlyMap<EntityType, readonly RawEntity[]>,
  ownerTag: string,
): Entity[] {
  const keys = new Map<Identity, string>();
  const entities: Entity[] = [];
  for (const type of dependencyOrder) {
    for (const each of raw.get(type) ?? []) {
      const entity = readOne(type, each, ownerTag, keys);
      keys.set(identityOf(entity), entity.key);
      entities.push(entity);
    }
  }
  return entities;
}

/** Fields that say nothing about what was configured, by type: left out of every comparison. */
export function withoutUnconfigured(type: EntityType, fields: JsonObject): JsonObject {
  const left = notConfigured[type];
  if (!left || !Object.keys(fields).some((name) => left.has(name))) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !left.has(name)));
}

function readOne(
  type: EntityType,
  raw: RawEntity,
  ownerTag: string,
  keys: ReadonlyMap<Identity, string>,
): Entity {
  const kinds = entityKinds[type].references;
  const fields: Record<string, Json> = {};
  const references: Record<string, EntityReference> = {};
  const referenced: Record<string, Referenced> = {};
  for (const [name, value] of Object.entries(raw as Readonly<Record<string, Json>>)) {
    const kind = kinds[name];
    if (!kind) {
      if (!never.has(name)) fields[name] = value;
      continue;
    }
    const id = idIn(value);
    if (id === undefined) continue;
    const reference = { type: kind.type, id };
    references[name] = reference;
    referenced[name] = { id, key: keys.get(identityOf(reference)) ?? id };
  }
  const { id, tags } = raw;
  const identity = identify(type, fields, referenced, id) ?? { key: id, id };
  const owner = Array.isArray(tags) && tags.includes(ownerTag) ? 'mesh' : 'user';
  return { type, ...identity, fields, references, owner, secrets: [] };
}

function idIn(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return typeof value.id === 'string' ? value.id : undefined;
}
