/** Kong's schemas, as `GET /schemas/<entity>` and `/schemas/plugins/<name>` give them, made ready to use. */
import { isList, isObject } from './merge-json';
import type { Json, JsonObject, Path } from './model';

export interface FieldSchema {
  readonly type: string;
  readonly required: boolean;
  readonly default?: Json;
  /** Of a record. */
  readonly fields?: RecordSchema;
  /** Of a list or a set. */
  readonly elements?: FieldSchema;
  /** Of a map. */
  readonly values?: FieldSchema;
}

export interface RecordSchema {
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** Old names that Kong takes and gives beside the new ones: where each one's value belongs. */
  readonly shorthands: ReadonlyMap<string, Path>;
}

const cache = new WeakMap<object, RecordSchema>();

/** The schema of an entity or a plugin; compiled once per schema object. */
export function recordSchema(schema: JsonObject): RecordSchema {
  const known = cache.get(schema);
  if (known) return known;
  const compiled = compileRecord(schema);
  cache.set(schema, compiled);
  return compiled;
}

function compileRecord(schema: JsonObject): RecordSchema {
  const fields = new Map<string, FieldSchema>();
  for (const [name, field] of namedFields(schema['fields'])) fields.set(name, compileField(field));
  const shorthands = new Map<string, Path>();
  for (const [name, field] of namedFields(schema['shorthand_fields'])) {
    const path = replacedWith(field);
    if (path) shorthands.set(name, path);
  }
  return { fields, shorthands };
}

function compileField(field: JsonObject): FieldSchema {
  const type = typeof field['type'] === 'string' ? field['type'] : 'any';
  const fallback = field['default'];
  return {
    type,
    required: field['required'] === true,
    ...(fallback === undefined || fallback === null ? {} : { default: fallback }),
    ...(type === 'record' && field['fields'] ? { fields: compileRecord(field) } : {}),
    ...(isObject(field['elements']) ? { elements: compileField(field['elements']) } : {}),
    ...(isObject(field['values']) ? { values: compileField(field['values']) } : {}),
  };
}

/** `[{name: {…}}, {port: {…}}]`, each item with one key. */
function namedFields(list: Json | undefined): readonly [string, JsonObject][] {
  if (!isList(list ?? null)) return [];
  return (list as readonly Json[]).flatMap((item) =>
    isObject(item)
      ? Object.entries(item).filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
      : [],
  );
}

function replacedWith(field: JsonObject): Path | undefined {
  const deprecation = field['deprecation'];
  const targets = isObject(deprecation)
    ? deprecation['replaced_with']
    : field['translate_backwards'];
  const [first] = isList(targets ?? null) ? (targets as readonly Json[]) : [];
  const path = isObject(first) ? first['path'] : undefined;
  return isList(path ?? null) ? (path as readonly string[]) : undefined;
}
