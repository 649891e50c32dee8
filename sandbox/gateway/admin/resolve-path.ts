import { entityTypes, entityTypesByPath, getEntityType } from '../entities/entity-types';
import type { EntityType, Foreign } from '../entities/entity-types';

/** What a path means: a collection, one entity in it, or the entity that another points at. */
export type Address =
  | { readonly kind: 'collection'; readonly type: EntityType; readonly below?: Below }
  | {
      readonly kind: 'entity';
      readonly type: EntityType;
      readonly key: string;
      readonly below?: Below;
    }
  | {
      readonly kind: 'related';
      readonly owner: EntityType;
      readonly ownerKey: string;
      readonly foreign: Foreign;
      readonly type: EntityType;
    };

/** The parent named in the path. */
export interface Below {
  readonly type: EntityType;
  readonly key: string;
  /** The child's field that points at it. */
  readonly field: string;
}

/** Reads a path's segments as an entity address, if it is one. */
export function resolvePath(segments: readonly string[]): Address | undefined {
  const [first = '', key, third, childKey] = segments;
  const type = entityTypesByPath.get(first);
  if (!type || segments.length > 4) return undefined;
  if (key === undefined) return { kind: 'collection', type };
  if (third === undefined) return { kind: 'entity', type, key };
  const child = findChild(type, third);
  if (child) {
    const below: Below = { type, key, field: child.field };
    return childKey === undefined
      ? { kind: 'collection', type: child.type, below }
      : { kind: 'entity', type: child.type, key: childKey, below };
  }
  const foreign = type.foreigns.find((entry) => entry.field === third);
  if (!foreign || childKey !== undefined) return undefined;
  return {
    kind: 'related',
    owner: type,
    ownerKey: key,
    foreign,
    type: getEntityType(foreign.type),
  };
}

function findChild(
  parent: EntityType,
  segment: string,
): { readonly type: EntityType; readonly field: string } | undefined {
  for (const type of entityTypes.values()) {
    for (const foreign of type.foreigns) {
      if (foreign.type === parent.name && type.below[foreign.field] === segment) {
        return { type, field: foreign.field };
      }
    }
  }
  return undefined;
}
