/** Sets are compared sorted; whoever shows an entity wants them in Kong's own order. */
import { isList, isObject } from '../../kong/merge-json';
import type { Entity, Json, JsonObject } from '../../kong/model';

/**
 * Canonical entities with their lists in the order that Kong gave them in.
 * @param read the same entities as they were read, in the same order.
 */
export function inOrderOf(
  canonical: readonly Entity[],
  read: readonly Entity[],
): readonly Entity[] {
  return canonical.map((entity, index) => ({
    ...entity,
    fields: orderedRecord(entity.fields, read[index]?.fields ?? {}),
  }));
}

export function orderedRecord(fields: JsonObject, listed: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, item]) => [name, ordered(item, own(listed, name))]),
  );
}

function ordered(value: Json, listed: Json | undefined): Json {
  if (isList(value)) {
    return isList(listed) && sortedText(value) === sortedText(listed) ? listed : value;
  }
  return isObject(value) && isObject(listed) ? orderedRecord(value, listed) : value;
}

function own(record: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function sortedText(items: readonly Json[]): string {
  return items
    .map((item) => JSON.stringify(item))
    .sort()
    .join();
}
