/** The state as Kong's own declarative document, and back: what DB-less nodes take and give. */
import { parse } from 'yaml';
import { idOfName } from './ids';
import { identify, type Referenced } from './identity';
import { dependencyOrder, entityKinds } from './kinds';
import { isList, isObject } from './merge-json';
import type {
  Entity,
  EntityReference,
  EntityType,
  Json,
  JsonObject,
  KongState,
  Owner,
} from './model';
import { entityKey, entityTypes, sortEntities } from './model';

/** Keys that begin with `_` and that Kong accepts; decK's own it refuses as unknown fields. */
const kongKeys: ReadonlySet<string> = new Set(['_comment', '_ignore', '_transform']);

/**
 * Flat lists with ids, references as bare ids, keys and entities in a fixed order: equal states give
 * equal documents. What only decK knows is left out, what nobody here knows stays.
 */
export function toDeclarative(state: KongState): JsonObject {
  const document: Record<string, Json> = { _format_version: '3.0' };
  for (const key of Object.keys(state.passthrough).sort()) {
    const value = state.passthrough[key];
    if (value !== undefined && (kongKeys.has(key) || !key.startsWith('_'))) {
      document[key] = sortKeys(value);
    }
  }
  for (const type of entityTypes) {
    const items = state.entities.filter((entity) => entity.type === type).map(toItem);
    if (items.length > 0) document[type] = items;
  }
  return document;
}

/** The document as JSON text, the same bytes for equal states. */
export function formatDeclarative(state: KongState): string {
  return JSON.stringify(toDeclarative(state));
}

export interface FromDeclarativeOptions {
  /** Entities that carry this tag are ours. */
  readonly meshTag?: string;
}

/**
 * What `GET /config` gives (`{config: "<YAML>"}`), such a text, or such a document: flat lists whose
 * items have ids. Nulls and times are left out, as they say nothing that was set.
 */
export function fromDeclarative(
  input: string | JsonObject,
  options: FromDeclarativeOptions = {},
): KongState {
  const document = documentOf(input);
  const entities = new Map<string, Entity>();
  for (const type of dependencyOrder) {
    const list = document[type];
    if (!isList(list ?? null)) continue;
    for (const item of list as readonly Json[]) {
      const entity = isObject(item) ? toEntity(type, item, entities, options.meshTag) : undefined;
      if (entity) entities.set(entityKey(entity), entity);
    }
  }
  const known: ReadonlySet<string> = new Set(entityTypes);
  const passthrough = Object.entries(document).filter(
    ([key]) => !known.has(key) && key !== '_format_version' && key !== '_transform',
  );
  return {
    entities: sortEntities(entities.values()),
    passthrough: Object.fromEntries(passthrough),
    selectTags: [],
  };
}

function documentOf(input: string | JsonObject): JsonObject {
  if (typeof input === 'string') {
    const value = input.trimStart().startsWith('{')
      ? (JSON.parse(input) as Json)
      : (parse(input, { maxAliasCount: 100 }) as Json);
    return isObject(value) ? value : {};
  }
  return typeof input['config'] === 'string' ? documentOf(input['config']) : input;
}

function toItem(entity: Entity): JsonObject {
  const item: Record<string, Json> = { id: entity.id };
  const references = Object.entries(entity.references).flatMap(
    ([field, reference]): [string, Json][] => (reference ? [[field, reference.id]] : []),
  );
  const entries = [...Object.entries(entity.fields), ...references];
  for (const [key, value] of entries.sort(([a], [b]) => (a < b ? -1 : 1)))
    item[key] = sortKeys(value);
  return item;
}

function sortKeys(value: Json): Json {
  if (isList(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

const times: ReadonlySet<string> = new Set(['created_at', 'updated_at']);

/** One item as Kong's declarative export or its Admin API gives it: references as id or as `{id}`. */
export function toEntity(
  type: EntityType,
  item: JsonObject,
  known: ReadonlyMap<string, Pick<Entity, 'id' | 'key'>>,
  meshTag?: string,
): Entity | undefined {
  const references: Record<string, EntityReference> = {};
  const referenced: Record<string, Referenced> = {};
  const fields: Record<string, Json> = {};
  const kind = entityKinds[type];
  for (const [key, value] of Object.entries(item)) {
    if (value === null || key === 'id' || times.has(key)) continue;
    const reference = Object.hasOwn(kind.references, key) ? kind.references[key] : undefined;
    if (!reference) {
      fields[key] = value;
      continue;
    }
    const text = isObject(value) ? (value['id'] ?? value['name']) : value;
    if (typeof text !== 'string') continue;
    const found =
      known.get(`${reference.type}/${text}`) ??
      known.get(`${reference.type}/${idOfName(reference.type, text)}`);
    references[key] = { type: reference.type, id: found?.id ?? text };
    referenced[key] = found ?? { id: text, key: text };
  }
  const id = typeof item['id'] === 'string' ? item['id'] : undefined;
  const identity = identify(type, fields, referenced, id);
  if (!identity) return undefined;
  const secrets = kind.secrets.filter(([first]) => first !== undefined && first in fields);
  return { type, ...identity, fields, references, owner: ownerOf(fields, meshTag), secrets };
}

function ownerOf(fields: JsonObject, meshTag: string | undefined): Owner {
  const { tags } = fields;
  return meshTag !== undefined &&
    isList(tags ?? null) &&
    (tags as readonly Json[]).includes(meshTag)
    ? 'mesh'
    : 'user';
}
