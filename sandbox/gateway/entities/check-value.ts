import { checkRules } from './check-rules';
import { isRecord } from './fill-defaults';
import { matchesLuaPattern } from './lua-pattern';
import type { Field, FieldSchema, RecordSchema } from './schema';
import { setElementError } from './schema-errors';
import type { SchemaError, SchemaErrorList, SchemaErrors } from './schema-errors';
import { isUuid } from './value-rules';

/** Checks a filled record. Gives its errors, or nothing where it is good. */
export function checkRecord(
  schema: RecordSchema,
  record: Readonly<Record<string, unknown>>,
): SchemaErrors | undefined {
  let errors: SchemaErrors | undefined;
  for (const [name, field] of schema.fields) {
    const error = checkValue(field, record[name]);
    if (error !== undefined) (errors ??= {})[name] = error;
  }
  for (const name of Object.keys(record)) {
    if (!schema.fields.has(name)) (errors ??= {})[name] = 'unknown field';
  }
  for (const { name, field } of schema.shorthands) {
    if (errors?.[name] === 'unknown field') {
      const error = checkValue(field, record[name]);
      if (error === undefined) Reflect.deleteProperty(errors, name);
      else errors[name] = error;
    }
  }
  return checkRules(schema.checks, record, errors);
}

/** Checks one value against its field. */
export function checkValue(field: Field, value: unknown): SchemaError | undefined {
  const { schema } = field;
  if (value === null || value === undefined) {
    return schema.required && !schema.auto ? 'required field missing' : undefined;
  }
  if (schema.eq === null) return 'value must be null';
  switch (field.type) {
    case 'string':
      return typeof value === 'string' ? checkString(field, value) : 'expected a string';
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) return 'expected an integer';
      return checkNumber(schema, value);
    case 'number':
      return typeof value === 'number' ? checkNumber(schema, value) : 'expected a number';
    case 'boolean':
      return typeof value === 'boolean' ? checkChoice(schema, value) : 'expected a boolean';
    case 'set':
      return Array.isArray(value) ? checkSet(field, value) : 'expected a set';
    case 'array':
      return Array.isArray(value) ? checkList(field, value) : 'expected an array';
    case 'map':
      return isRecord(value) ? checkMap(field, value) : 'expected a map';
    case 'record':
      if (!isRecord(value)) return 'expected a record';
      return field.record ? checkRecord(field.record, value) : undefined;
    case 'foreign':
      return checkForeign(value);
    default:
      return undefined;
  }
}

function checkString(field: Field, value: string): string | undefined {
  const { schema } = field;
  if (value.length < (schema.len_min ?? 1)) return `length must be at least ${schema.len_min ?? 1}`;
  if (schema.uuid && !isUuid(value)) return 'expected a valid UUID';
  if (schema.starts_with !== undefined && !value.startsWith(schema.starts_with)) {
    return `should start with: ${schema.starts_with}`;
  }
  if (schema.match !== undefined && !matchesLuaPattern(schema.match, value)) {
    return `invalid value: ${value}`;
  }
  for (const { pattern, err } of schema.match_none ?? []) {
    if (matchesLuaPattern(pattern, value)) return err;
  }
  for (const { pattern, err } of schema.match_all ?? []) {
    if (!matchesLuaPattern(pattern, value)) return err;
  }
  const any = schema.match_any;
  if (any && !any.patterns.some((pattern) => matchesLuaPattern(pattern, value))) return any.err;
  return checkChoice(schema, value) ?? field.rule?.(value);
}

function checkNumber(schema: FieldSchema, value: number): string | undefined {
  if (schema.between) {
    const [low, high] = schema.between;
    if (value < low || value > high) return `value should be between ${low} and ${high}`;
  }
  if (schema.gt !== undefined && value <= schema.gt) {
    return `value must be greater than ${schema.gt}`;
  }
  return checkChoice(schema, value);
}

function checkChoice(schema: FieldSchema, value: unknown): string | undefined {
  if (schema.one_of && !schema.one_of.includes(value)) {
    return `expected one of: ${schema.one_of.join(', ')}`;
  }
  if (schema.not_one_of?.includes(value)) {
    return `must not be one of: ${schema.not_one_of.join(', ')}`;
  }
  return undefined;
}

function checkSet(field: Field, values: readonly unknown[]): SchemaError | undefined {
  const subsets = field.schema.mutually_exclusive_subsets;
  return (subsets && checkSubsets(subsets, values)) ?? checkList(field, values);
}

function checkList(field: Field, values: readonly unknown[]): SchemaError | undefined {
  const { len_min: shortest } = field.schema;
  if (shortest !== undefined && values.length < shortest) {
    return `length must be at least ${shortest}`;
  }
  if (!field.elements) return undefined;
  let errors: SchemaErrorList | undefined;
  for (let at = 0; at < values.length; at++) {
    const error = checkValue(field.elements, values[at]);
    if (error !== undefined) setElementError((errors ??= []), at, error);
  }
  return errors;
}

/** A route's protocols must be of one family. */
function checkSubsets(
  subsets: readonly (readonly string[])[],
  values: readonly unknown[],
): string | undefined {
  const hit = new Set<readonly string[]>();
  for (const value of values) {
    const subset = subsets.find((candidate) => candidate.some((entry) => entry === value));
    if (!subset) return `unknown type: ${String(value)}`;
    hit.add(subset);
  }
  if (hit.size < 2) return undefined;
  const named = subsets
    .filter((subset) => hit.has(subset))
    .map((subset) => `(${subset.map((entry) => `'${entry}'`).join(', ')})`);
  return `these sets are mutually exclusive: ${named.join(', ')}`;
}

function checkMap(field: Field, value: Readonly<Record<string, unknown>>): SchemaError | undefined {
  for (const [key, entry] of Object.entries(value)) {
    const keyError = field.keys && checkValue(field.keys, key);
    if (keyError !== undefined) return keyError;
    const valueError = field.values && checkValue(field.values, entry);
    if (valueError !== undefined) return valueError;
  }
  return undefined;
}

function checkForeign(value: unknown): SchemaError | undefined {
  if (!isRecord(value)) return { id: 'missing primary key' };
  if (typeof value.id === 'string') {
    return isUuid(value.id) ? undefined : { id: 'expected a valid UUID' };
  }
  // {name: ...} and the like: resolved by whoever holds the other entities.
  const given = Object.keys(value).filter((key) => value[key] !== null && key !== 'id');
  return given.length > 0 ? undefined : { id: 'missing primary key' };
}
