/**
 * Fields in the form in which Kong gives them back, by the schema it gives of itself: defaults filled,
 * sets sorted, deprecated names moved to where they live now, times and unset fields left away.
 */
import * as z from 'zod';

import type { Json, JsonObject } from '../../kong/model';

export interface FieldSchema {
  readonly type?: string | undefined;
  readonly default?: Json | undefined;
  readonly required?: boolean | undefined;
  /** Kong makes it up where it is not given. */
  readonly auto?: boolean | undefined;
  readonly fields?: FieldSchemas | undefined;
  readonly shorthand_fields?: FieldSchemas | undefined;
  readonly elements?: FieldSchema | undefined;
  readonly values?: FieldSchema | undefined;
  readonly translate_backwards?: readonly string[] | undefined;
  readonly deprecation?: Deprecation | undefined;
}
type FieldSchemas = readonly Readonly<Record<string, FieldSchema>>[];
type Deprecation = z.infer<typeof Deprecation>;

const Deprecation = z.object({
  message: z.string().optional(),
  replaced_with: z.array(z.object({ path: z.array(z.string()) })).optional(),
});
// Kong's encoder writes an empty list as `{}`.
const listOf = <T extends z.ZodType>(item: T) =>
  z.union([z.array(item), z.object({}).transform(() => [])]);

/** Only what is used of a schema as `GET /schemas/…` gives it. */
export const FieldSchema: z.ZodType<FieldSchema> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    default: (z.json() as z.ZodType<Json>).optional(),
    required: z.boolean().optional(),
    auto: z.boolean().optional(),
    fields: listOf(z.record(z.string(), FieldSchema)).optional(),
    shorthand_fields: listOf(z.record(z.string(), FieldSchema)).optional(),
    elements: FieldSchema.optional(),
    values: FieldSchema.optional(),
    translate_backwards: z.array(z.string()).optional(),
    deprecation: Deprecation.optional(),
  }),
);

/** What every entity may have, also one whose schema Kong does not show. */
const common: FieldSchema = { fields: [{ tags: { type: 'set' } }] };

/** Kong sets the times anew at each load, so they tell nothing. The id is no field here. */
const notCompared: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at']);

/** @param schemas later ones win over earlier ones, field by field: the plugin's over the entity's. */
export function fillFields(fields: JsonObject, schemas: readonly FieldSchema[]): JsonObject {
  const last = schemas.at(-1) ?? common;
  let record = entityRecords.get(last);
  if (!record) {
    const merged = new Map([common, ...schemas].flatMap(({ fields: list }) => fieldsOf(list)));
    for (const name of notCompared) merged.delete(name);
    record = {
      fields: [...merged],
      known: new Set([...merged.keys(), ...notCompared]),
      shorthands: [],
    };
    entityRecords.set(last, record);
  }
  return fillRecord(fields, record);
}

/** A record's schema as it is used: made once of each, as entities come by the ten thousand. */
interface RecordSchema {
  readonly fields: readonly (readonly [string, FieldSchema])[];
  readonly known: ReadonlySet<string>;
  readonly shorthands: readonly (readonly [string, FieldSchema])[];
}

/** By the last of an entity's schemas, which no other kind of entity has. */
const entityRecords = new WeakMap<FieldSchema, RecordSchema>();
const nestedRecords = new WeakMap<FieldSchema, RecordSchema>();

function nestedRecord(schema: FieldSchema): RecordSchema {
  let record = nestedRecords.get(schema);
  if (!record) {
    const fields = fieldsOf(schema.fields);
    const shorthands = fieldsOf(schema.shorthand_fields);
    const known = new Set([...fields, ...shorthands].map(([name]) => name));
    record = { fields, known, shorthands };
    nestedRecords.set(schema, record);
  }
  return record;
}

function fillRecord(value: JsonObject, { fields, known, shorthands }: RecordSchema): JsonObject {
  const given = withMoved(value, shorthands);
  const out: Record<string, Json> = {};
  for (const [name, field] of fields) {
    if (field.type === 'foreign') continue;
    const filled = fillValue(own(given, name), field);
    if (filled !== undefined) out[name] = filled;
  }
  for (const name in given) {
    const unknown = given[name];
    if (!known.has(name) && unknown !== null && unknown !== undefined) set(out, name, unknown);
  }
  return out;
}

/** A field may have any name: assigned, this one would become the prototype. */
function set(record: Record<string, Json>, name: string, value: Json): void {
  if (name !== '__proto__') record[name] = value;
  else
    Object.defineProperty(record, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

function fillValue(value: Json | undefined, field: FieldSchema): Json | undefined {
  const start = value === null || value === undefined ? field.default : value;
  if (field.fields) {
    const given = start ?? (field.required ? {} : undefined);
    // Kong's encoder writes an empty record as a list.
    const record = Array.isArray(given) && given.length === 0 ? {} : given;
    if (record === undefined || !isRecord(record)) return record;
    return fillRecord(record, nestedRecord(field));
  }
  if (start === undefined || start === null) return undefined;
  if (field.type === 'set') {
    const set = sortedSet(fillItems(asList(start), field));
    // Where a set has a default, an empty one says something else than none.
    return set ?? (hasItems(field.default) ? [] : undefined);
  }
  if (field.type === 'array' && field.elements?.fields) return fillItems(asList(start), field);
  // Kong's encoder writes an empty map as a list.
  if (field.type === 'map' && Array.isArray(start) && start.length === 0) return {};
  if (field.type === 'map' && field.values && isRecord(start)) {
    const { values } = field;
    return Object.fromEntries(
      Object.entries(start).map(([name, item]) => [name, fillValue(item, values) ?? item]),
    );
  }
  return start;
}

/** The records in a list or set: a route's `destinations`, each with defaults of its own. */
function fillItems(items: readonly Json[], { elements }: FieldSchema): readonly Json[] {
  if (!elements?.fields) return items;
  return items.map((item) => fillValue(item, elements) ?? item);
}

/** A value under a deprecated name counts where the new name has none. */
function withMoved(
  value: JsonObject,
  shorthands: readonly (readonly [string, FieldSchema])[],
): JsonObject {
  let out = value;
  for (const [name, { translate_backwards, deprecation }] of shorthands) {
    const old = own(value, name);
    const path =
      translate_backwards ?? deprecation?.replaced_with?.[0]?.path ?? saidIn(deprecation);
    if (old !== undefined && old !== null && path) out = withDefaultAt(out, path, old);
  }
  return out;
}

/** Some schemas name the new place in words only: opentelemetry's `endpoint` of 3.9.1. */
function saidIn(deprecation: Deprecation | undefined): readonly string[] | undefined {
  const path = /please use config\.([\w.]*\w) instead/.exec(deprecation?.message ?? '')?.[1];
  return path?.split('.');
}

function withDefaultAt(value: JsonObject, path: readonly string[], fallback: Json): JsonObject {
  const [head, ...tail] = path;
  if (head === undefined) return value;
  const there = own(value, head) ?? undefined;
  if (tail.length === 0) return there === undefined ? { ...value, [head]: fallback } : value;
  if (there !== undefined && !isRecord(there)) return value;
  const filled = withDefaultAt(there ?? {}, tail, fallback);
  // Kong shows a value under both names: most of the time there is nothing to do.
  return filled === there ? value : { ...value, [head]: filled };
}

/** An empty set is as good as none: Kong gives back `null` for tags not given and `[]` for none. */
function sortedSet(items: readonly Json[]): Json | undefined {
  if (items.length === 0) return undefined;
  if (items.every((item) => typeof item === 'string')) return [...new Set(items)].sort();
  const byText = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

function hasItems(value: Json | undefined): boolean {
  return value !== undefined && value !== null && asList(value).length > 0;
}

/** A field of Kong's may be called like something that every object has. */
function own(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function fieldsOf(list: FieldSchemas | undefined): readonly (readonly [string, FieldSchema])[] {
  const entries = (list ?? []).flatMap((field) => Object.entries(field));
  return entries.filter(([name]) => name !== '__proto__');
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
