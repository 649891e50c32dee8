import type { KongEntity } from '../config-view';
import { schemaOf } from '../entities/check-entity';
import type { EntityType } from '../entities/entity-types';
import { entityNotFound } from '../entities/error-bodies';
import { referencedId } from '../store/collection';
import type { AdminContext } from './admin-context';
import type { AdminRequest } from './admin-request';
import { findEntity, readKey } from './find-entity';
import type { EntityKey, Parent } from './find-entity';
import { inferTypes } from './infer-types';
import { listEntities } from './list-entities';
import { pageTargets } from './list-targets';
import { presentEntity } from './present-entity';
import { methodNotAllowed, noContent, notFound, ok, refuse, Refusal } from './reply';
import type { Reply } from './reply';
import type { Address, Below } from './resolve-path';
import { createEntity, patchEntity, putEntity, removeEntity } from './write-entity';

/** The methods each kind of path has, for `OPTIONS`. */
export const methodsOf: Readonly<Record<Address['kind'], readonly string[]>> = {
  collection: ['GET', 'HEAD', 'OPTIONS', 'POST'],
  entity: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT'],
  related: ['GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT'],
};

/** Answers a request for a collection, an entity, or the entity another one points at. */
export function answerEntities(
  context: AdminContext,
  address: Address,
  request: AdminRequest,
): Reply {
  if (!methodsOf[address.kind].includes(request.method)) return methodNotAllowed;
  if (address.kind === 'related') return answerRelated(context, address, request);
  const parent = address.below && findParent(context, address.below);
  if (address.kind === 'entity') {
    return answerEntity(context, address.type, readKey(address.type, address.key), request, parent);
  }
  return answerCollection(context, address.type, request, parent);
}

/** @throws Refusal 404 where the parent that the path names does not exist. */
export function findParent(context: AdminContext, below: Below): Parent {
  const entity = findEntity(context, below.type, readKey(below.type, below.key));
  if (!entity) throw new Refusal(notFound);
  return { entity, field: below.field };
}

function answerCollection(
  context: AdminContext,
  type: EntityType,
  request: AdminRequest,
  parent: Parent | undefined,
): Reply {
  if (request.method === 'POST') {
    const entity = createEntity(context, type, readInput(context, type, request, parent));
    return { status: 201, body: presentEntity(context, type, entity) };
  }
  if (type.name === 'targets' && parent) {
    const { targets, paging } = pageTargets(context, parent.entity, request.path, request.query);
    return ok({ data: targets, ...paging });
  }
  return listEntities(context, type, request.path, request.query, parent);
}

function answerEntity(
  context: AdminContext,
  type: EntityType,
  key: EntityKey,
  request: AdminRequest,
  parent: Parent | undefined,
): Reply {
  const present = findEntity(context, type, key, parent);
  const isTarget = type.name === 'targets';
  switch (request.method) {
    case 'PUT':
    case 'PATCH': {
      // A PUT of a target is a PATCH: it creates nothing and resets nothing (seen).
      const patches = request.method === 'PATCH' || isTarget;
      if (patches && !present) {
        throw isTarget || parent
          ? new Refusal(notFound)
          : refuse(404, entityNotFound({ [key.field]: key.value }));
      }
      const input = readInput(context, type, request, parent);
      const replaced = present ?? ownerless(context, type, key);
      const entity =
        patches && present
          ? patchEntity(context, type, key, present, input)
          : putEntity(context, type, key, replaced, input);
      return ok(presentEntity(context, type, entity));
    }
    case 'DELETE':
      if (!present) return isTarget ? notFound : noContent;
      removeEntity(context, type, key, present);
      return noContent;
    default:
      return present ? ok(presentEntity(context, type, present)) : notFound;
  }
}

/** PUT by id below a parent takes over an entity that was another parent's. */
function ownerless(
  context: AdminContext,
  type: EntityType,
  key: EntityKey,
): KongEntity | undefined {
  return key.field === 'id' ? context.store.of(type).get(key.value) : undefined;
}

function answerRelated(
  context: AdminContext,
  address: Extract<Address, { kind: 'related' }>,
  request: AdminRequest,
): Reply {
  const owner = findEntity(context, address.owner, readKey(address.owner, address.ownerKey));
  const id = owner && referencedId(owner, address.foreign.field);
  if (id === undefined) return notFound;
  return answerEntity(context, address.type, { field: 'id', value: id }, request, undefined);
}

function readInput(
  context: AdminContext,
  type: EntityType,
  request: AdminRequest,
  parent: Parent | undefined,
): Readonly<Record<string, unknown>> {
  const { value, form } = request.body;
  const typed = form ? inferTypes(schemaOf(type, value, context.plugins), value) : value;
  return parent ? { ...typed, [parent.field]: { id: parent.entity.id } } : typed;
}
