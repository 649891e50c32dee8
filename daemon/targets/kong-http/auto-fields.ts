/** Fields that Kong makes up where they are not given: `auto` in its schemas. What it made up is kept. */
import { isObject, valueAt } from '../../kong/merge-json';
import type { Entity, Json, JsonObject, Path } from '../../kong/model';
import type { FieldSchema } from './fill-defaults';
import { schemaOf } from './canonical-entity';
import type { KongSchemas } from './schemas';

/** Never configured, so never compared or kept. */
const ownBusiness: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at', 'ttl']);

const known = new WeakMap<FieldSchema, readonly Path[]>();

/** Where an entity of this kind has fields that Kong makes up. */
export function autoPathsOf(entity: Entity, schemas: KongSchemas): readonly Path[] {
  const schema = schemaOf(entity, schemas);
  if (!schema) return [];
  let paths = known.get(schema);
  if (!paths) {
    paths = pathsIn(schema, []).filter(([first]) => !ownBusiness.has(String(first)));
    known.set(schema, paths);
  }
  return paths;
}

function pathsIn({ fields = [] }: FieldSchema, at: Path): readonly Path[] {
  return fields.flatMap((named) =>
    Object.entries(named).flatMap(([name, field]) => {
      const path = [...at, name];
      return field.auto ? [path] : field.type === 'record' ? pathsIn(field, path) : [];
    }),
  );
}

export function isOpen(fields: JsonObject, paths: readonly Path[]): boolean {
  return paths.some((path) => (valueAt(fields, path) ?? null) === null);
}

/** The fields with what they leave open taken over from what the gateway has. */
export function takeOver(
  fields: JsonObject,
  from: JsonObject | undefined,
  paths: readonly Path[],
): JsonObject {
  if (!from) return fields;
  return paths.reduce((out, path) => {
    const there = valueAt(from, path) ?? null;
    const isGiven = (valueAt(out, path) ?? null) !== null;
    return there === null || isGiven ? out : withValueAt(out, path, there);
  }, fields);
}

function withValueAt(record: JsonObject, [step, ...rest]: Path, value: Json): JsonObject {
  const name = String(step);
  if (rest.length === 0) return { ...record, [name]: value };
  const inner = record[name];
  return { ...record, [name]: withValueAt(isObject(inner) ? inner : {}, rest, value) };
}
