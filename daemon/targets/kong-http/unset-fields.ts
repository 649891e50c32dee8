/** What is sent of a field that is written with nothing behind it: `port:` in YAML. */
import { isObject } from '../../kong/merge-json';
import type { Entity, Json, JsonObject } from '../../kong/model';

/**
 * Leaves out what is `null`, at any depth: Kong refuses it for a field that must have a value (seen on
 * 3.9.3), where decK and the user mean its default. In a plugin's own config `null` may say something,
 * so that stays as it is.
 */
export function withoutUnset({ type, fields }: Pick<Entity, 'type' | 'fields'>): JsonObject {
  if (!Object.values(fields).some(holdsNull)) return fields;
  return withoutNulls(fields, type === 'plugins' ? 'config' : undefined);
}

function withoutNulls(record: JsonObject, whole?: string): JsonObject {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      if (value === null) return [];
      return [[name, name !== whole && isObject(value) ? withoutNulls(value) : value]];
    }),
  );
}

function holdsNull(value: Json): boolean {
  return value === null || (isObject(value) && Object.values(value).some(holdsNull));
}
