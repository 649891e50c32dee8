import type { KongEntity } from '../config-view';
import { checkEntity, schemaOf } from '../entities/check-entity';
import type { EntityType } from '../entities/entity-types';
import {
  foreignKeyViolation,
  primaryKeyViolation,
  schemaViolation,
  stillReferenced,
  uniqueViolation,
} from '../entities/error-bodies';
import { mergePatch } from '../entities/fill-defaults';
import type { EntityDraft } from '../entities/fill-defaults';
import { expandServiceUrl } from '../entities/service-url';
import { referencedId } from '../store/collection';
import type { AdminContext } from './admin-context';
import { findSniFault, saveSnis } from './certificate-snis';
import { checkProtocols } from './check-protocols';
import { hashPassword, fillComputed, readExpiry } from './computed-fields';
import type { EntityKey } from './find-entity';
import { refuse } from './reply';
import { resolveReferences } from './resolve-references';

type Input = Readonly<EntityDraft>;

/** What a write is, as the refusal without a database words it. */
type Action = 'create' | 'create or update' | 'update' | 'remove';

/** POST: a new entity. A taken id is 400, a taken name 409. */
export function createEntity(context: AdminContext, type: EntityType, input: Input): KongEntity {
  const draft = checkInput(context, type, input);
  guard(context, type, 'create');
  return save(context, type, draft, input, typeof input.id === 'string' ? input.id : undefined);
}

/**
 * PUT: the entity with that key becomes the input, with fields left out reset; made where it is not
 * there. What the path says wins over the body.
 */
export function putEntity(
  context: AdminContext,
  type: EntityType,
  key: EntityKey,
  present: KongEntity | undefined,
  input: Input,
): KongEntity {
  const keyed = { ...input, [key.field]: key.value };
  const draft = checkInput(context, type, keyed);
  guard(context, type, 'create or update', key);
  const id = key.field === 'id' ? key.value : (present?.id ?? keyed.id);
  return save(context, type, draft, keyed, typeof id === 'string' ? id : undefined, id);
}

/** PATCH: the given fields over the present ones; `null` clears. */
export function patchEntity(
  context: AdminContext,
  type: EntityType,
  key: EntityKey,
  present: KongEntity,
  patch: Input,
): KongEntity {
  const given = type.name === 'services' ? expandServiceUrl(patch) : patch;
  const schema = schemaOf(type, { ...present, ...given }, context.plugins);
  const merged = mergePatch(schema, present, { ...given, id: present.id });
  const draft = checkInput(context, type, merged);
  guard(context, type, 'update', key);
  const { password, ttl, created_at: createdAt } = { ...present, ...given };
  if (given.password === undefined && password !== undefined) draft.password = password;
  else if (draft.password !== undefined) draft.password = hashPassword(draft);
  if (type.name === 'ca_certificates') fillComputed(context, type, draft);
  const times = makeTimes(context, type);
  const entity: KongEntity = {
    ...draft,
    ...times,
    created_at: createdAt ?? times.created_at,
    ...(ttl === undefined
      ? {}
      : { ttl: given.ttl === undefined ? ttl : readExpiry(context, given) }),
    id: present.id,
  };
  store(context, type, entity, given, present.id);
  return entity;
}

/** DELETE: with what cascades. Refused while an entity that does not cascade points at it. */
export function removeEntity(
  context: AdminContext,
  type: EntityType,
  key: EntityKey,
  present: KongEntity,
): void {
  guard(context, type, 'remove', key);
  const holder = context.store.remove(type, present);
  if (holder) throw refuse(400, stillReferenced(type.name, holder.name));
  context.changed();
}

function checkInput(context: AdminContext, type: EntityType, input: Input): EntityDraft {
  const { entity, errors } = checkEntity(
    type,
    type.name === 'keyauth_credentials' ? without(input, 'ttl') : input,
    context.plugins,
  );
  if (errors) throw refuse(400, schemaViolation(errors));
  resolveReferences(context, type, entity);
  return entity;
}

/** Without a database there are no entity writes; what was invalid was refused as such before. */
function guard(context: AdminContext, type: EntityType, action: Action, key?: EntityKey): void {
  if (context.mode === 'db') return;
  // Targets are looked up first and then written by their id (seen in the sentence).
  const byKey = key && key.field !== 'id' && type.name !== 'targets' ? ` by '${key.field}'` : '';
  throw refuse(405, {
    name: 'operation unsupported',
    code: 12,
    message: `cannot ${action} '${type.name}' entities${byKey} when not using a database`,
  });
}

function save(
  context: AdminContext,
  type: EntityType,
  draft: EntityDraft,
  input: Input,
  givenId: string | undefined,
  replacedId?: unknown,
): KongEntity {
  fillComputed(context, type, draft);
  const times = makeTimes(context, type);
  const entity: KongEntity = {
    ...draft,
    ...times,
    created_at: input.created_at ?? times.created_at,
    ...(type.name === 'keyauth_credentials' ? { ttl: readExpiry(context, input) } : {}),
    id: (givenId ?? context.random.id()).toLowerCase(),
  };
  store(context, type, entity, input, typeof replacedId === 'string' ? entity.id : undefined);
  return entity;
}

/** Primary key first, then what is unique, then references, as the database does. */
function store(
  context: AdminContext,
  type: EntityType,
  entity: KongEntity,
  input: Input,
  replacedId: string | undefined,
): void {
  if (type.name === 'plugins') checkProtocols(context, entity);
  const collection = context.store.of(type);
  if (replacedId === undefined && collection.get(entity.id)) {
    throw refuse(400, primaryKeyViolation(entity.id));
  }
  for (const fields of [...type.uniques]) {
    const holder = collection.findUnique(fields, entity);
    if (holder && holder.id !== entity.id) {
      const taken = Object.fromEntries(fields.map((field) => [field, entity[field] ?? null]));
      throw refuse(409, uniqueViolation(taken));
    }
  }
  for (const { field, type: referenced } of type.foreigns) {
    const id = referencedId(entity, field);
    if (id !== undefined && !context.store.of(referenced).get(id)) {
      throw refuse(400, foreignKeyViolation(field, id, referenced));
    }
  }
  const sniFault = type.name === 'certificates' && findSniFault(context, entity, input.snis);
  if (sniFault) throw refuse(400, schemaViolation({ snis: sniFault }));
  collection.put(
    type.name === 'certificates' ? { ...without(entity, 'snis'), id: entity.id } : entity,
  );
  if (type.name === 'certificates') saveSnis(context, entity, input.snis);
  context.changed();
}

function without(entity: Input, name: string): EntityDraft {
  return Object.fromEntries(Object.entries(entity).filter(([field]) => field !== name));
}

function makeTimes(context: AdminContext, type: EntityType): EntityDraft {
  const now = context.now() / 1000;
  const time = type.subSecondTimes ? Math.round(now * 1000) / 1000 : Math.floor(now);
  return type.schema.fields.has('updated_at')
    ? { created_at: time, updated_at: time }
    : { created_at: time };
}
