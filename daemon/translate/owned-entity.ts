/** Entities that are made here rather than by the user. */
import { identify } from '../kong/identity';
import type { Entity, EntityReference, JsonObject } from '../kong/model';

/** An entity with the key and id that the same one would have in a file; `name` is among its fields. */
export function ownedEntity(
  type: 'services' | 'routes' | 'plugins',
  fields: JsonObject & { readonly name: string },
  service?: Entity,
): Entity {
  // Types that Kong tells apart by name always have an identity.
  const identity = identify(type, fields, service ? { service } : {}) ?? {
    key: fields.name,
    id: fields.name,
  };
  const references = service ? { service: refer(service) } : {};
  return { type, ...identity, fields, references, owner: 'mesh', secrets: [] };
}

function refer({ type, id }: Entity): EntityReference {
  return { type, id };
}
