/** What a gateway holds as the file that a person would have written for it. Pure. */
import type { Failure } from '../../catalog/error';
import { entityLabel, singular, type Entity, type KongState } from '../kong/model';
import { maskFields } from '../kong/secrets';
import { identityOf } from '../plan/dependants';
import { leaveOutDefaults } from '../targets/kong-http/leave-out-defaults';
import type { KongSchemas } from '../targets/kong-http/schemas';
import { cliErrors } from './errors';
import type { Gateway } from './open-gateway';

/**
 * `state` without Kong's defaults. On a gateway with a database the select tags move from the entities
 * to the head of the file, as in decK; a DB-less node takes one file as its whole, where they would
 * own nothing.
 */
export function toDump(
  state: KongState,
  { kind, selectTags, workspace }: Pick<Gateway, 'kind' | 'selectTags' | 'workspace'>,
  schemas: KongSchemas,
): KongState {
  const moved = kind === 'admin' ? selectTags : [];
  const entities = state.entities.map((entity) =>
    withoutTags(keepRequired(entity, leaveOutDefaults(entity, schemas)), moved),
  );
  const isHashed =
    kind === 'dbless' && entities.some(({ type }) => type === 'basicauth_credentials');
  return {
    entities,
    // Only hashes of passwords come out of Kong, which without this it would hash once more.
    passthrough: isHashed ? { _transform: false } : {},
    selectTags: moved,
    ...(workspace === undefined ? {} : { workspace }),
  };
}

/** decK wants this one in each jwt secret, also where it is Kong's default. */
function keepRequired(entity: Entity, sparse: Entity): Entity {
  const { algorithm } = entity.fields;
  if (entity.type !== 'jwt_secrets' || algorithm === undefined) return sparse;
  return { ...sparse, fields: { ...sparse.fields, algorithm } };
}

/** What refers to something that is not in the dump. */
export function findLooseEnds({ entities }: KongState): readonly Failure[] {
  const there = new Set(entities.map(identityOf));
  return entities.flatMap((entity) =>
    Object.entries(entity.references).flatMap(([field, reference]) => {
      if (!reference || there.has(identityOf(reference))) return [];
      const to = `${singular[reference.type]} ${reference.id}`;
      const context = { entity: entityLabel(entity) };
      return [cliErrors.failure('DUMP_INCOMPLETE', { field, to }, context)];
    }),
  );
}

/** A DB-less node can be told that a password is hashed already, the Admin API cannot. */
export function findHashedPasswords(
  { entities }: KongState,
  { kind }: Pick<Gateway, 'kind'>,
): readonly Failure[] {
  if (kind === 'dbless') return [];
  return entities
    .filter(({ type }) => type === 'basicauth_credentials')
    .map((entity) =>
      cliErrors.failure('DUMP_PASSWORD_HASHED', {}, { entity: entityLabel(entity) }),
    );
}

/** Entities with a secret in them, by its place or its name. */
export function findSecrets({ entities }: KongState): readonly Entity[] {
  return entities.filter((entity) => maskFields(entity) !== entity.fields);
}

function withoutTags(entity: Entity, taken: readonly string[]): Entity {
  const own: unknown = entity.fields['tags'];
  if (taken.length === 0 || !Array.isArray(own)) return entity;
  const left = (own as string[]).filter((tag) => !taken.includes(tag));
  const fields = Object.entries(entity.fields).flatMap(([name, value]) => {
    if (name !== 'tags') return [[name, value] as const];
    return left.length > 0 ? [[name, left] as const] : [];
  });
  return { ...entity, fields: Object.fromEntries(fields) };
}
