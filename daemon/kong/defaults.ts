/**
 * The canonical form of a state: every default filled in that Kong would fill in, everything unset
 * left out, sets in order. What was sent and what is read back are equal in this form.
 */
import { isList, isObject } from './merge-json';
import type { Entity, EntityType, Json, JsonObject, KongState } from './model';
import { recordSchema, type FieldSchema, type RecordSchema } from './schema-fields';
import { normaliseTarget } from './target-address';

export interface KongSchemas {
  /** Bodies of `GET /schemas/<type>`; a type without one keeps its fields as they are. */
  readonly entities: Readonly<Partial<Record<EntityType, JsonObject>>>;
  /** Bodies of `GET /schemas/plugins/<name>` by plugin name. */
  readonly plugins: Readonly<Partial<Record<string, JsonObject>>>;
}

/** Kong sets these itself and again on every write: they never tell a difference. */
const volatileFields: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at']);

export function fillDefaults(state: KongState, schemas: KongSchemas): KongState {
  return { ...state, entities: state.entities.map((entity) => fillEntity(entity, schemas)) };
}

export function fillEntity(entity: Entity, schemas: KongSchemas): Entity {
  const schema = schemas.entities[entity.type];
  let fields = schema
    ? fillRecord(entity.fields, recordSchema(schema))
    : withoutNulls(entity.fields);
  if (entity.type === 'plugins') fields = fillPlugin(entity, fields, schemas);
  if (entity.type === 'targets' && typeof fields['target'] === 'string') {
    const target = normaliseTarget(fields['target']);
    if (target !== undefined) fields = { ...fields, target };
  }
  const tags = fields['tags'];
  if (isList(tags ?? null)) fields = withTags(fields, tags as readonly Json[]);
  return { ...entity, fields };
}

/** The plugin's own schema says what `config` holds and which protocols are its default. */
function fillPlugin(entity: Entity, filled: JsonObject, schemas: KongSchemas): JsonObject {
  const name = entity.fields['name'];
  const schema = typeof name === 'string' ? schemas.plugins[name] : undefined;
  if (!schema) return filled;
  const { fields } = recordSchema(schema);
  const result: Record<string, Json> = { ...filled };
  for (const part of ['config', 'protocols']) {
    const field = fields.get(part);
    const value = field && fillField(entity.fields[part], field);
    if (value !== undefined) result[part] = value;
  }
  return result;
}

function fillRecord(value: JsonObject, schema: RecordSchema): JsonObject {
  const source = schema.shorthands.size > 0 ? expandShorthands(value, schema) : value;
  const filled: Record<string, Json> = {};
  for (const [name, field] of schema.fields) {
    if (volatileFields.has(name) || field.type === 'foreign') continue;
    const own = Object.hasOwn(source, name) ? source[name] : undefined;
    const result = fillField(own, field);
    if (result !== undefined) filled[name] = result;
  }
  for (const name of Object.keys(source)) {
    const own = source[name];
    if (schema.fields.has(name) || volatileFields.has(name) || own === undefined) continue;
    if (own !== null) filled[name] = own;
  }
  return filled;
}

/** `undefined` for what stays unset. */
function fillField(own: Json | undefined, field: FieldSchema): Json | undefined {
  const value = own ?? field.default;
  if (field.type === 'record' && field.fields) {
    if (value === undefined) return field.required ? fillRecord({}, field.fields) : undefined;
    return isObject(value) ? fillRecord(value, field.fields) : value;
  }
  if (value === undefined) return undefined;
  if (field.type === 'set' && isList(value)) return sortedSet(fillElements(value, field));
  if (field.type === 'array' && isList(value)) return fillElements(value, field);
  const { values } = field;
  if (values?.fields && isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fillField(item, values) ?? item]),
    );
  }
  return value;
}

function fillElements(list: readonly Json[], { elements }: FieldSchema): readonly Json[] {
  return elements?.fields ? list.map((item) => fillField(item, elements) ?? item) : list;
}

/** In any order that is always the same; Kong drops repeated elements. */
function sortedSet(list: readonly Json[]): readonly Json[] {
  if (list.length < 2) return list;
  const byText = new Map(list.map((item) => [JSON.stringify(item), item]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** Old names of fields move to where Kong keeps them; the new name wins where both are given. */
function expandShorthands(value: JsonObject, schema: RecordSchema): JsonObject {
  let expanded: JsonObject = value;
  for (const [name, path] of schema.shorthands) {
    if (!Object.hasOwn(expanded, name)) continue;
    const { [name]: old, ...rest } = expanded;
    expanded = old === undefined || old === null ? rest : setUnder(rest, path, old);
  }
  return expanded;
}

function setUnder(value: JsonObject, path: readonly (string | number)[], old: Json): JsonObject {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const present = Object.hasOwn(value, step) ? value[step] : undefined;
  if (rest.length === 0) {
    return present === undefined || present === null ? { ...value, [step]: old } : value;
  }
  return { ...value, [step]: setUnder(isObject(present) ? present : {}, rest, old) };
}

/** Kong keeps the order of tags and gives `[]` back where `[]` was sent: neither means anything. */
function withTags(fields: JsonObject, tags: readonly Json[]): JsonObject {
  if (tags.length > 0) return { ...fields, tags: sortedSet(tags) };
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== 'tags'));
}

function withoutNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([key, value]) => value !== null && !volatileFields.has(key)),
  );
}
