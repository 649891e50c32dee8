/** The one document a DB-less node takes, as text that is the same for the same content. */
import { createHash } from 'node:crypto';

import { idOfName, isUuid } from '../../kong/ids';
import {
  entityTypes,
  type Entity,
  type EntityType,
  type Json,
  type JsonObject,
  type KongState,
} from '../../kong/model';
import { identityOf } from '../../plan/dependants';
import { withoutUnset } from '../kong-http/unset-fields';

export interface PushDocument {
  readonly text: string;
  /** MD5 of the text, as `configuration_hash` in Kong's status shows it. */
  readonly hash: string;
}

export interface EncodeOptions {
  /** What is sent for an entity: the user's sparse form where the state holds the filled one. */
  readonly sparse?: (entity: Entity) => Entity;
  /** Passwords are hashed already: Kong is told not to hash them again. */
  readonly hashed?: boolean;
}

/**
 * Flat lists by type, keys sorted. Where Kong derives the same id from the name, the id is left out
 * and others refer to the name: that halves the text, and Kong's body limit is on the text. All
 * others carry their id, because Kong makes random ones for some (key-auth, jwt) on each load.
 */
export function encodeDocument(state: KongState, options: EncodeOptions = {}): PushDocument {
  const sparse = options.sparse ?? ((entity: Entity) => entity);
  const names = new Map<string, string>();
  for (const entity of state.entities) {
    const name = impliedName(entity);
    if (name !== undefined) names.set(identityOf(entity), name);
  }
  const items = new Map<EntityType, string[]>();
  for (const entity of state.entities) {
    const list = items.get(entity.type) ?? [];
    list.push(itemText(sparse(entity), names));
    items.set(entity.type, list);
  }
  const head: Record<string, Json> = {
    ...passedOn(state.passthrough),
    _format_version: '3.0',
    ...(options.hashed ? { _transform: false } : {}),
  };
  const lists = entityTypes.flatMap((type) => {
    const list = items.get(type);
    return list ? [`"${type}":[${list.join(',')}]`] : [];
  });
  const text = `${[stableJson(head).slice(0, -1), ...lists].join(',')}}`;
  return { text, hash: createHash('md5').update(text).digest('hex') };
}

/** Whether a node that holds this holds nothing: Kong is not ready then and shows a hash of zeros. */
export function isEmptyState(state: KongState): boolean {
  return (
    state.entities.length === 0 &&
    Object.keys(state.passthrough).every((name) => name.startsWith('_'))
  );
}

/** Keys that begin with `_` and that Kong accepts; decK's own it refuses as unknown fields. */
const kongKeys: ReadonlySet<string> = new Set(['_comment', '_ignore', '_transform']);

/** What nobody here knows stays: Kong may. */
function passedOn(passthrough: JsonObject): JsonObject {
  const entries = Object.entries(passthrough);
  return Object.fromEntries(entries.filter(([key]) => kongKeys.has(key) || !key.startsWith('_')));
}

/** Most entities are the same objects from push to push, and so is their text. */
const texts = new WeakMap<Entity, string>();

function itemText(entity: Entity, names: ReadonlyMap<string, string>): string {
  const known = texts.get(entity);
  if (known !== undefined) return known;
  const text = stableJson(toItem(entity, names));
  const references = Object.values(entity.references);
  // What refers by an id may come to refer by a name, once the one that it means is there.
  const settled = references.every((to) => to === undefined || names.has(identityOf(to)));
  if (settled) texts.set(entity, text);
  return text;
}

function toItem(entity: Entity, names: ReadonlyMap<string, string>): JsonObject {
  const item: Record<string, Json> = { ...withoutUnset(entity) };
  if (!names.has(identityOf(entity))) item['id'] = entity.id;
  for (const [field, reference] of Object.entries(entity.references)) {
    if (reference) item[field] = names.get(identityOf(reference)) ?? reference.id;
  }
  return item;
}

/** Types whose id Kong derives from one name, seen to be the same on each load. */
const nameFields: Readonly<Partial<Record<EntityType, string>>> = {
  services: 'name',
  routes: 'name',
  upstreams: 'name',
  consumers: 'username',
};

const impliedNames = new WeakMap<Entity, string | null>();

function impliedName(entity: Entity): string | undefined {
  let name = impliedNames.get(entity);
  if (name === undefined) {
    name = findImpliedName(entity) ?? null;
    impliedNames.set(entity, name);
  }
  return name ?? undefined;
}

function findImpliedName(entity: Entity): string | undefined {
  const field = nameFields[entity.type];
  const name = field === undefined ? undefined : entity.fields[field];
  if (typeof name !== 'string' || isUuid(name)) return undefined;
  return idOfName(entity.type, name) === entity.id ? name : undefined;
}

/** JSON with sorted keys, so that a user who only reorders lines causes no reload. */
function stableJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(stableJson).join(',')}]`;
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${stableJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
