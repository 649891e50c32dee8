/** The inverse of filling defaults in: what a person would have written. */
import { isObject } from '../../kong/merge-json';
import type { Entity, JsonObject } from '../../kong/model';
import { equalJson } from '../../plan/compare-fields';
import { canonicalEntity } from './canonical-entity';
import { orderedRecord } from './list-order';
import type { KongSchemas } from './schemas';

/**
 * The entity without the fields that Kong fills in by itself, its lists in the order they have. Filled again it is the same, else it
 * comes back whole: a plugin's schema may give a default only beside another field.
 */
export function leaveOutDefaults(entity: Entity, schemas: KongSchemas): Entity {
  // Without its name a plugin has no schema.
  const { name } = entity.fields;
  const named: JsonObject = entity.type === 'plugins' && name !== undefined ? { name } : {};
  const defaults = canonicalEntity({ ...entity, fields: named }, schemas).fields;
  const whole = canonicalEntity(entity, schemas).fields;
  const fields = { ...named, ...without(whole, defaults) };
  const filled = canonicalEntity({ ...entity, fields }, schemas).fields;
  if (!equalJson(filled, whole)) return entity;
  return { ...entity, fields: orderedRecord(fields, entity.fields) };
}

function without(fields: JsonObject, defaults: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const usual = defaults[name];
      if (usual === undefined) return [[name, value] as const];
      if (equalJson(value, usual)) return [];
      const both = isObject(value) && isObject(usual);
      return [[name, both ? without(value, usual) : value] as const];
    }),
  );
}
