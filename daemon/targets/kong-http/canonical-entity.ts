/** An entity in the form in which Kong gives it back, by the schemas it gives of itself. */
import type { Entity, JsonObject } from '../../kong/model';
import { normaliseTarget } from '../../kong/target-address';
import { fillFields, type FieldSchema } from './fill-defaults';
import { withImplied } from './implied-fields';
import type { KongSchemas } from './schemas';

/** What was sent and what is read back are equal in this form; it is its own canonical form. */
export function canonicalEntity(entity: Entity, schemas: KongSchemas): Entity {
  const wanted = [schemas.entities.get(entity.type), schemaOf(entity, schemas)];
  const known = wanted.filter((schema) => schema !== undefined);
  return { ...entity, fields: stored(entity, fillFields(withImplied(entity), known)) };
}

/** The schema that knows most of the entity: of a plugin its own, which may come to be known later. */
export function schemaOf(
  { type, fields }: Pick<Entity, 'type' | 'fields'>,
  schemas: KongSchemas,
): FieldSchema | undefined {
  if (type !== 'plugins') return schemas.entities.get(type);
  const { name } = fields;
  return typeof name === 'string' ? schemas.plugins.get(name) : undefined;
}

/** Kong gives addresses back in one spelling. */
function stored({ type }: Entity, fields: JsonObject): JsonObject {
  const { target } = fields;
  if (type !== 'targets' || typeof target !== 'string') return fields;
  return { ...fields, target: normaliseTarget(target) ?? target };
}
