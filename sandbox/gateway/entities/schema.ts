/**
 * Kong's schemas as its `/schemas/*` endpoints print them: the data that drives validation and
 * defaults. Only the rules that the recorded schemas use are named.
 */

/** One field's rules. */
export interface FieldSchema {
  readonly type: string;
  readonly required?: boolean;
  /** Filled in by Kong itself: ids and times. */
  readonly auto?: boolean;
  readonly uuid?: boolean;
  readonly unique?: boolean;
  readonly transient?: boolean;
  readonly abstract?: boolean;
  readonly default?: unknown;
  readonly eq?: unknown;
  readonly one_of?: readonly unknown[];
  readonly not_one_of?: readonly unknown[];
  readonly between?: readonly [number, number];
  readonly gt?: number;
  readonly len_min?: number;
  readonly len_eq?: number;
  readonly starts_with?: string;
  readonly contains?: unknown;
  readonly match?: string;
  readonly match_none?: readonly PatternRule[];
  readonly match_all?: readonly PatternRule[];
  readonly match_any?: { readonly patterns: readonly string[]; readonly err: string };
  readonly mutually_exclusive_subsets?: readonly (readonly string[])[];
  readonly elements?: FieldSchema;
  readonly keys?: FieldSchema;
  readonly values?: FieldSchema;
  /** Of a record. */
  readonly fields?: readonly NamedField[];
  readonly entity_checks?: readonly EntityCheck[];
  readonly shorthand_fields?: readonly NamedField[];
  readonly deprecation?: {
    readonly replaced_with?: readonly { readonly path: readonly string[] }[];
  };
  /** Of a foreign field: the type it points at. */
  readonly reference?: string;
  readonly on_delete?: string;
}

export interface PatternRule {
  readonly pattern: string;
  readonly err: string;
}

/** One entry of a schema's field list: `{<name>: <rules>}`. */
export type NamedField = Readonly<Record<string, FieldSchema>>;

/** A rule over several fields, such as `{at_least_one_of: [...]}` or `{conditional: {...}}`. */
export type EntityCheck = Readonly<Record<string, unknown>>;

/** What `GET /schemas/<type>` prints. */
export interface SchemaDocument {
  readonly fields: readonly NamedField[];
  readonly entity_checks?: readonly EntityCheck[];
  readonly [key: string]: unknown;
}

/** A custom rule Kong has in code, which its schema does not print. Gives the error, or nothing. */
export type ValueRule = (value: string) => string | undefined;

/** A field ready for use. */
export interface Field {
  readonly schema: FieldSchema;
  readonly type: string;
  /** The code rule of this very value. */
  readonly rule?: ValueRule | undefined;
  readonly record?: RecordSchema | undefined;
  readonly elements?: Field | undefined;
  readonly keys?: Field | undefined;
  readonly values?: Field | undefined;
}

/** A record ready for use: an entity, or a field of type record. */
export interface RecordSchema {
  readonly fields: ReadonlyMap<string, Field>;
  readonly checks: readonly EntityCheck[];
  /** Deprecated names and where their values live now; absent where Kong only reads the old name. */
  readonly shorthands: readonly Shorthand[];
}

export interface Shorthand {
  readonly name: string;
  readonly field: Field;
  readonly path: readonly string[];
  /** Kong shows the old name too when it prints the entity. */
  readonly shown: boolean;
}

/** Code rules by the path of the value inside the entity: `name`, `tags.*`, `paths.*`. */
export type RuleBook = Readonly<Record<string, ValueRule>>;

/** Makes a schema document ready for use. */
export function compileSchema(
  fields: readonly NamedField[],
  checks: readonly EntityCheck[] = [],
  rules: RuleBook = {},
): RecordSchema {
  return compileRecord({ type: 'record', fields, entity_checks: checks }, '', rules);
}

function compileRecord(schema: FieldSchema, prefix: string, rules: RuleBook): RecordSchema {
  const fields = new Map<string, Field>();
  for (const named of schema.fields ?? []) {
    for (const [name, field] of Object.entries(named)) {
      fields.set(name, compileField(field, `${prefix}${name}`, rules));
    }
  }
  return {
    fields,
    checks: schema.entity_checks ?? [],
    shorthands: (schema.shorthand_fields ?? []).flatMap((named) =>
      Object.entries(named).map(([name, field]) => compileShorthand(name, field)),
    ),
  };
}

function compileShorthand(name: string, field: FieldSchema): Shorthand {
  const path = field.deprecation?.replaced_with?.[0]?.path;
  return {
    name,
    field: compileField(field, name, {}),
    // opentelemetry's `endpoint` is the one recorded shorthand that names no path.
    path: path ?? [`traces_${name}`],
    shown: path !== undefined,
  };
}

function compileField(schema: FieldSchema, path: string, rules: RuleBook): Field {
  return {
    schema,
    type: schema.type,
    rule: rules[path],
    record:
      schema.type === 'record' && !schema.abstract
        ? compileRecord(schema, `${path}.`, rules)
        : undefined,
    elements: schema.elements ? compileField(schema.elements, `${path}.*`, rules) : undefined,
    keys: schema.keys ? compileField(schema.keys, `${path}.$key`, rules) : undefined,
    values: schema.values ? compileField(schema.values, `${path}.$value`, rules) : undefined,
  };
}
