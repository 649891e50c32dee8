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
  const lists = new Map<EntityType, JsonObject[]>();
  for (const entity of state.entities) {
    const list = lists.get(entity.type) ?? [];
    list.push(toItem(sparse(entity), names));
    lists.set(entity.type, list);
  }
  const document: Record<string, Json> = {
    ...state.passthrough,
    _format_version: '3.0',
    ...(options.hashed ? { _transform: false } : {}),
  };
  for (const type of entityTypes) {
    const list = lists.get(type);
    if (list) document[type] = list;
  }
  const text = stableJson(document);
  return { text, hash: createHash('md5').update(text).digest('hex') };
}

/** Whether a node that holds this holds nothing: Kong is not ready then and shows a hash of zeros. */
export function isEmptyState(state: KongState): boolean {
  return (
    state.entities.length === 0 &&
    Object.keys(state.passthrough).every((name) => name.startsWith('_'))
  );
}

function toItem(entity: Entity, names: ReadonlyMap<string, string>): JsonObject {
  const item: Record<string, Json> = { ...entity.fields };
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

function impliedName(entity: Entity): string | undefined {
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
