/**
 * Fields in the form in which Kong gives them back, by the schema it gives of itself: defaults filled,
 * sets sorted, deprecated names moved to where they live now, times and unset fields left away.
 */
import { z } from 'zod';

import type { Json, JsonObject } from '../../kong/model';

export interface FieldSchema {
  readonly type?: string | undefined;
  readonly default?: Json | undefined;
  readonly required?: boolean | undefined;
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
  const merged = new Map<string, FieldSchema>();
  for (const schema of [common, ...schemas]) {
    for (const [name, field] of fieldsOf(schema.fields)) merged.set(name, field);
  }
  const compared = Object.entries(fields).filter(([name]) => !notCompared.has(name));
  for (const name of notCompared) merged.delete(name);
  return fillRecord(Object.fromEntries(compared), merged, []);
}

function fillRecord(
  value: JsonObject,
  fields: ReadonlyMap<string, FieldSchema>,
  shorthands: readonly (readonly [string, FieldSchema])[],
): JsonObject {
  const given = withoutShorthands(value, shorthands);
  const out: Record<string, Json> = {};
  for (const [name, field] of fields) {
    if (field.type === 'foreign') continue;
    const filled = fillValue(given[name], field);
    if (filled !== undefined) out[name] = filled;
  }
  for (const [name, unknown] of Object.entries(given)) {
    if (!fields.has(name) && unknown !== null) out[name] = unknown;
  }
  return out;
}

function fillValue(value: Json | undefined, field: FieldSchema): Json | undefined {
  const start = value === null || value === undefined ? field.default : value;
  if (field.fields) {
    const record = start ?? (field.required ? {} : undefined);
    if (record === undefined || !isRecord(record)) return record;
    const shorthands = [...fieldsOf(field.shorthand_fields)];
    return fillRecord(record, new Map(fieldsOf(field.fields)), shorthands);
  }
  if (start === undefined || start === null) return undefined;
  if (field.type === 'set') return sortedSet(asList(start));
  if (field.type === 'array' && field.elements?.fields) {
    const { elements } = field;
    return asList(start).map((item) => fillValue(item, elements) ?? item);
  }
  if (field.type === 'map' && field.values && isRecord(start)) {
    const { values } = field;
    return Object.fromEntries(
      Object.entries(start).map(([name, item]) => [name, fillValue(item, values) ?? item]),
    );
  }
  return start;
}

/** A value under a deprecated name counts where the new name has none. */
function withoutShorthands(
  value: JsonObject,
  shorthands: readonly (readonly [string, FieldSchema])[],
): JsonObject {
  let out = value;
  for (const [name, { translate_backwards, deprecation }] of shorthands) {
    const old = out[name];
    if (old === undefined) continue;
    const rest = Object.fromEntries(Object.entries(out).filter(([key]) => key !== name));
    const path = translate_backwards ?? deprecation?.replaced_with?.[0]?.path;
    out = path && old !== null ? withDefaultAt(rest, path, old) : rest;
  }
  return out;
}

function withDefaultAt(value: JsonObject, path: readonly string[], fallback: Json): JsonObject {
  const [head, ...tail] = path;
  if (head === undefined) return value;
  const there = value[head] ?? undefined;
  if (tail.length === 0) return there === undefined ? { ...value, [head]: fallback } : value;
  if (there !== undefined && !isRecord(there)) return value;
  return { ...value, [head]: withDefaultAt(there ?? {}, tail, fallback) };
}

/** An empty set is as good as none: Kong gives back `null` for tags not given and `[]` for none. */
function sortedSet(items: readonly Json[]): Json | undefined {
  if (items.length === 0) return undefined;
  const byText = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function fieldsOf(list: FieldSchemas | undefined): readonly (readonly [string, FieldSchema])[] {
  return (list ?? []).flatMap((field) => Object.entries(field));
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
