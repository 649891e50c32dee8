import type { KongEntity } from '../config-view';
import type { EntityType } from '../entities/entity-types';
import { checkValue } from '../entities/check-value';
import { normaliseTarget } from '../entities/target-address';
import { isUuid } from '../entities/value-rules';
import type { AdminContext } from './admin-context';
import { isExpired } from './present-entity';
import { notFound, refuse, Refusal } from './reply';

/** The entity another one's path starts with: `/services/<key>/routes` is below a service. */
export interface Parent {
  readonly entity: KongEntity;
  /** The field of the child that points at it. */
  readonly field: string;
}

/** What a path names an entity by. */
export interface EntityKey {
  /** The field; `id` for a UUID. */
  readonly field: string;
  readonly value: string;
}

/**
 * A path segment as a key: a UUID is an id, all else the value of the type's endpoint key.
 *
 * @throws Refusal 400 for a value that field cannot have, 404 where the type has no such field.
 */
export function readKey(type: EntityType, segment: string): EntityKey {
  if (isUuid(segment)) return { field: 'id', value: segment.toLowerCase() };
  const { endpointKey } = type;
  if (endpointKey === undefined) throw new Refusal(notFound);
  if (endpointKey === 'target') return { field: 'target', value: normaliseTarget(segment) };
  const field = type.schema.fields.get(endpointKey);
  const error = field && checkValue(field, segment);
  if (typeof error === 'string') {
    throw refuse(400, { name: 'invalid unique name', code: 10, message: error });
  }
  return { field: endpointKey, value: segment };
}

/** The entity with that key, below the parent where there is one. */
export function findEntity(
  context: AdminContext,
  type: EntityType,
  key: EntityKey,
  parent?: Parent,
): KongEntity | undefined {
  const found = lookUp(context, type, key, parent);
  if (!found || isExpired(context, found)) return undefined;
  if (!parent) return found;
  return context.store.of(type).childIds(parent.field, parent.entity.id).has(found.id)
    ? found
    : undefined;
}

function lookUp(
  context: AdminContext,
  type: EntityType,
  key: EntityKey,
  parent: Parent | undefined,
): KongEntity | undefined {
  const collection = context.store.of(type);
  if (key.field === 'id') return collection.get(key.value);
  const fields = type.uniques.find((names) => names.includes(key.field));
  if (!fields) return undefined;
  const scope = parent ? { [parent.field]: { id: parent.entity.id } } : {};
  return collection.findUnique(fields, { [key.field]: key.value, ...scope });
}
