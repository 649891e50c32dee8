/**
 * `port: 8080` is how everybody writes a port, and the plugin's schema takes text alone: a field of Kong's
 * schema has one type, and a port may be named. The number is taken in the file, and Kong gets the text.
 */
import type { Entity, Json, JsonObject } from '../kong/model';
import type { TranslateRules } from './rules';

/** Equal entities stay the same object over passes. */
const known = new WeakMap<Entity, Entity>();

/** The very same object where there is no number. */
export function withPortAsText(
  entity: Entity,
  { pluginName }: Pick<TranslateRules, 'pluginName'>,
): Entity {
  if (entity.type !== 'plugins' || entity.fields['name'] !== pluginName) return entity;
  const { config } = entity.fields;
  if (!isRecord(config)) return entity;
  const { services } = config;
  const shares = Array.isArray(services) ? services : [];
  if (!hasNumber(config) && !shares.some(hasNumber)) return entity;
  const made = known.get(entity) ?? {
    ...entity,
    fields: {
      ...entity.fields,
      config: {
        ...(asText(config) as JsonObject),
        ...(shares.length > 0 ? { services: shares.map(asText) } : {}),
      },
    },
  };
  known.set(entity, made);
  return made;
}

function asText(value: Json): Json {
  return hasNumber(value) ? { ...value, port: String(value.port) } : value;
}

function hasNumber(value: Json | undefined): value is JsonObject & { readonly port: number } {
  if (!isRecord(value)) return false;
  const { port } = value;
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
