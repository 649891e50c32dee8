/** Builders for states: only the field that matters is written. */
import { createHash } from 'node:crypto';

import {
  sortEntities,
  type Entity,
  type EntityType,
  type JsonObject,
  type KongState,
} from '../../../daemon/kong/model';

export function entity(
  type: EntityType,
  key: string,
  fields: JsonObject = {},
  more: Partial<Pick<Entity, 'id' | 'references' | 'owner' | 'origin' | 'secrets'>> = {},
): Entity {
  return {
    type,
    key,
    id: more.id ?? idOf(type, key),
    fields: { [nameField[type] ?? 'name']: key, ...fields },
    references: {},
    owner: 'user',
    secrets: [],
    ...more,
  };
}

export function service(name: string, fields: JsonObject = {}, id?: string): Entity {
  return entity('services', name, { host: `${name}.mesh`, ...fields }, id ? { id } : {});
}

export function route(name: string, parent: Entity, fields: JsonObject = {}): Entity {
  const references = { service: { type: parent.type, id: parent.id } };
  return entity('routes', name, { paths: [`/${name}`], ...fields }, { references });
}

export function plugin(name: string, parent?: Entity, fields: JsonObject = {}): Entity {
  const references = parent
    ? { [parent.type.slice(0, -1)]: { type: parent.type, id: parent.id } }
    : {};
  const key = parent ? `${name} ${parent.type} ${parent.id}` : name;
  return entity('plugins', key, { name, ...fields }, { references });
}

export function upstream(name: string, fields: JsonObject = {}): Entity {
  return entity('upstreams', name, fields);
}

export function target(address: string, parent: Entity, fields: JsonObject = {}): Entity {
  const references = { upstream: { type: parent.type, id: parent.id } };
  return entity(
    'targets',
    `${address} of ${parent.key}`,
    { target: address, ...fields },
    { references },
  );
}

export function state(...entities: readonly Entity[]): KongState {
  return { entities: sortEntities(entities), passthrough: {}, selectTags: [] };
}

/** A stable id that looks like Kong's. */
export function idOf(type: EntityType, key: string): string {
  const hex = createHash('sha1').update(`${type}:${key}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

const nameField: Partial<Record<EntityType, string>> = {
  targets: 'target',
  consumers: 'username',
  keyauth_credentials: 'key',
};
