import { identify, type Referenced } from '../../../daemon/kong/identity';
import { entityKinds } from '../../../daemon/kong/kinds';
import { isObject } from '../../../daemon/kong/merge-json';
import type {
  Entity,
  EntityReference,
  EntityType,
  Json,
  JsonObject,
} from '../../../daemon/kong/model';

const id = '00000000-0000-4000-8000-000000000000';
const times: ReadonlySet<string> = new Set(['created_at', 'updated_at']);

/** A body of the Admin API as an entity; undefined where it has nothing to be identified by. */
export function entityOfBody(type: EntityType, body: JsonObject): Entity | undefined {
  const references: Record<string, EntityReference> = {};
  const referenced: Record<string, Referenced> = {};
  const fields: Record<string, Json> = {};
  const kinds = entityKinds[type].references;
  for (const [name, value] of Object.entries(body)) {
    if (value === null || name === 'id' || times.has(name)) continue;
    const kind = kinds[name];
    const to = isObject(value) ? (value['id'] ?? value['name']) : value;
    if (!kind) fields[name] = value;
    else if (typeof to === 'string') {
      references[name] = { type: kind.type, id: to };
      referenced[name] = { id: to, key: to };
    }
  }
  const given = typeof body['id'] === 'string' ? body['id'] : id;
  const identity = identify(type, fields, referenced, given);
  return identity && { type, ...identity, fields, references, owner: 'user', secrets: [] };
}
