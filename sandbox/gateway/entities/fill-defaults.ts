import type { Field, RecordSchema } from './schema';

/** An entity while it is worked on: Kong's fields by name, unset is `null`. */
export type EntityDraft = Record<string, unknown>;

/**
 * The input with every field of the schema there: what is missing has its default or is `null`,
 * nested records likewise, sets without repetitions. Unknown fields stay, for the check to name.
 * The input is not changed, and shares nothing with the result but scalars.
 */
export function fillDefaults(schema: RecordSchema, input: Readonly<EntityDraft>): EntityDraft {
  const out: EntityDraft = {};
  const shorthands = readShorthands(schema, input);
  for (const [name, field] of schema.fields) {
    out[name] = fillField(field, shorthands?.[name] ?? input[name]);
  }
  for (const name of Object.keys(input)) {
    if (!schema.fields.has(name) && !(shorthands && isShorthand(schema, name))) {
      out[name] = input[name];
    }
  }
  return out;
}

function fillField(field: Field, value: unknown): unknown {
  if (value === undefined) return fillMissing(field);
  if (value === null) return null;
  if (field.record) return isRecord(value) ? fillDefaults(field.record, value) : value;
  if (field.type === 'set' && Array.isArray(value)) return unique(value, field);
  if (field.type === 'array' && Array.isArray(value)) return fillElements(value, field);
  return value;
}

function fillMissing(field: Field): unknown {
  const { default: fallback, required } = field.schema;
  if (field.record) {
    if (isRecord(fallback)) return fillDefaults(field.record, fallback);
    return required ? fillDefaults(field.record, {}) : null;
  }
  if (fallback === undefined) return null;
  return typeof fallback === 'object' ? structuredClone(fallback) : fallback;
}

function unique(values: readonly unknown[], field: Field): unknown[] {
  if (field.elements?.record) return fillElements(values, field);
  return [...new Set(values)];
}

function fillElements(values: readonly unknown[], field: Field): unknown[] {
  const record = field.elements?.record;
  if (!record) return [...values];
  return values.map((value) => (isRecord(value) ? fillDefaults(record, value) : value));
}

/**
 * Values given under deprecated names, moved to where they live now; nothing where none is given.
 * A value under the new name wins.
 */
function readShorthands(
  schema: RecordSchema,
  input: Readonly<EntityDraft>,
): EntityDraft | undefined {
  let moved: EntityDraft | undefined;
  for (const shorthand of schema.shorthands) {
    const value = input[shorthand.name];
    const [head, tail] = shorthand.path;
    if (value === undefined || head === undefined) continue;
    moved ??= {};
    if (tail === undefined) {
      moved[head] = input[head] ?? value;
    } else {
      const given = input[head];
      const base = moved[head] ?? given;
      moved[head] = { [tail]: value, ...(isRecord(base) ? base : {}) };
    }
  }
  return moved;
}

function isShorthand(schema: RecordSchema, name: string): boolean {
  return schema.shorthands.some((shorthand) => shorthand.name === name);
}

/**
 * The record as the REST endpoints print it: with the deprecated names beside the new ones. The
 * reply of `POST /config` does without them.
 */
export function withShorthands(
  schema: RecordSchema,
  record: Readonly<EntityDraft>,
): Readonly<EntityDraft> {
  if (!schema.shorthands.some((shorthand) => shorthand.shown)) return record;
  const out: EntityDraft = { ...record };
  for (const { name, path, shown } of schema.shorthands) {
    if (!shown) continue;
    out[name] = path.reduce<unknown>(
      (value, key) => (isRecord(value) ? value[key] : undefined),
      record,
    );
  }
  return out;
}

/** PATCH: given fields over the present ones, records merged field by field, all else replaced. */
export function mergePatch(
  schema: RecordSchema,
  present: Readonly<EntityDraft>,
  patch: Readonly<EntityDraft>,
): EntityDraft {
  const out: EntityDraft = { ...present };
  for (const [name, value] of Object.entries(patch)) {
    const record = schema.fields.get(name)?.record;
    const old = present[name];
    out[name] = record && isRecord(value) && isRecord(old) ? mergePatch(record, old, value) : value;
  }
  return out;
}

export function isRecord(value: unknown): value is EntityDraft {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
