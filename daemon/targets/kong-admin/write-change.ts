/** One change as the calls that make it. Each may be repeated: the second time changes nothing. */
import { isDeepStrictEqual } from 'node:util';

import type { Failure } from '../../../catalog/error';
import { entityLabel, type Entity, type JsonObject } from '../../kong/model';
import type { Change } from '../../plan/change';
import { masked, secretValuesOf } from '../../plan/mask-entity';
import { subjectOf } from '../../plan/order';
import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import { reasonOf } from '../kong-http/map-error';
import type { KongReply, KongRequest } from '../kong-http/options';
import { untouchedSecret } from './credential-secret';
import { describeHolder, findHolder } from './find-holder';
import { isRawEntity } from './list-pages';
import { describeTags, type Ownership, type OwnershipOptions } from './ownership';
import { collectionOf, pathOf } from './resources';

export interface WriteContext {
  readonly client: KongClient;
  readonly fieldsToSend: (canonical: Entity) => JsonObject;
  readonly ownership: Ownership;
  /** Hears how Kong gives back what it was sent. */
  readonly onStored?: (entity: Entity, stored: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * @returns why Kong does not take it; undefined where it is done.
 * @throws MeshdError what the client throws where Kong does not answer as it should.
 */
export async function writeChange(
  context: WriteContext,
  change: Change,
): Promise<Failure | undefined> {
  const entity = subjectOf(change);
  const path = pathOf(entity);
  if (path === undefined) return unknownType(context, entity, `/${entity.type}`);
  if (change.op === 'delete') {
    const handedOver = await findHandover(context, change.previous, path);
    if (handedOver) return handedOver;
    // 404 is how a second DELETE of a target is answered; of all else it is 204.
    const reply = await send(context, { method: 'DELETE', path, accept: [400, 404] });
    return reply.status === 400 ? refusal(entity, reply) : undefined;
  }
  const reply = await upsert(context, change, path);
  if (reply.status < 400) {
    context.onStored?.(change.next, reply.data);
    return undefined;
  }
  if (reply.status === 404) return unknownType(context, entity, path);
  if (reply.status === 409) return await taken(context, entity, reply);
  return refusal(entity, reply);
}

/** What got other tags since it was read may have another owner by now: it stays, and is read again. */
export async function findHandover(
  { client, signal }: Pick<WriteContext, 'client' | 'signal'>,
  entity: Entity,
  path = pathOf(entity),
): Promise<Failure | undefined> {
  if (path === undefined) return undefined;
  const { status, data } = await client.request(
    { method: 'GET', path, accept: [400, 404] },
    signal,
  );
  if (status !== 200 || !isRawEntity(data)) return undefined;
  if (isDeepStrictEqual(tagsOf(data['tags']), tagsOf(entity.fields['tags']))) return undefined;
  const details = { tags: describeTags(data) };
  return targetErrors.failure('KONG_ENTITY_HANDED_OVER', details, contextOf(entity));
}

function tagsOf(tags: unknown): readonly unknown[] {
  return Array.isArray(tags) ? [...(tags as readonly unknown[])].sort() : [];
}

async function upsert(
  context: WriteContext,
  change: Exclude<Change, { op: 'delete' }>,
  path: string,
): Promise<KongReply> {
  const { next } = change;
  if (next.type === 'targets') return await upsertTarget(context, change, path);
  const fields = context.fieldsToSend(next);
  const secret = change.op === 'update' ? untouchedSecret(next, fields) : undefined;
  if (secret !== undefined) {
    const body = { tags: null, ...next.fields, ...referencesOf(next), [secret]: undefined };
    return await send(context, { method: 'PATCH', path, body, repeatable: true });
  }
  return await send(context, { method: 'PUT', path, body: { ...fields, ...referencesOf(next) } });
}

/**
 * A PUT of a target never makes one (404) and leaves what it is not told (seen), so one is made by POST
 * under its id, and changed with every field given.
 */
async function upsertTarget(
  context: WriteContext,
  { op, next }: Exclude<Change, { op: 'delete' }>,
  path: string,
): Promise<KongReply> {
  const body = { weight: 100, tags: null, ...context.fieldsToSend(next) };
  const post = async () => {
    const made = { ...body, id: next.id };
    const to = collectionOf(next) ?? path;
    return await send(context, { method: 'POST', path: to, body: made, repeatable: true });
  };
  if (op === 'create') {
    const reply = await post();
    // The id is there: a reply was lost, or the target lost its tags. Either way it is the one meant.
    const exists = reply.status === 400 && codeOf(reply) === primaryKeyViolation;
    if (!exists) return reply;
    const put = await send(context, { method: 'PUT', path, body });
    return put.status === 404 ? reply : put;
  }
  const reply = await send(context, { method: 'PUT', path, body });
  return reply.status === 404 ? await post() : reply;
}

const primaryKeyViolation = 3;

function send(context: WriteContext, request: KongRequest): Promise<KongReply> {
  return context.client.request({ accept: [400, 404, 409], ...request }, context.signal);
}

function referencesOf(entity: Entity): JsonObject {
  return Object.fromEntries(
    Object.entries(entity.references).flatMap(([name, reference]) =>
      reference ? [[name, { id: reference.id }]] : [],
    ),
  );
}

async function taken(context: WriteContext, entity: Entity, reply: KongReply): Promise<Failure> {
  const holder = await findHolder(context.client, entity, context.signal);
  if (!holder || context.ownership.owns(holder['tags'])) return refusal(entity, reply);
  return nameTaken(entity, describeHolder(entity.type, holder), context.ownership);
}

/** Where an entity of somebody else has what this one needs for itself. */
export function nameTaken(
  entity: Entity,
  holder: string,
  { selectTags }: OwnershipOptions,
): Failure {
  const tags = `the tag${selectTags.length === 1 ? '' : 's'} ${selectTags.join(', ')}`;
  const details = { what: entityLabel(entity), holder, tags };
  return targetErrors.failure('KONG_NAME_TAKEN', details, contextOf(entity));
}

function unknownType({ client }: WriteContext, entity: Entity, path: string): Failure {
  const details = { url: client.url, path };
  return targetErrors.failure('KONG_TYPE_UNKNOWN', details, contextOf(entity));
}

/** Why Kong does not take an entity, in its own words but for the secrets. */
export function refusal(entity: Entity, { data }: KongReply): Failure {
  let reason = reasonOf(data);
  // Kong repeats values in what it says.
  for (const secret of secretValuesOf(entity)) reason = reason.replaceAll(secret, masked);
  return targetErrors.failure('KONG_ENTITY_REFUSED', { reason }, contextOf(entity));
}

export function contextOf(entity: Entity) {
  return { entity: entityLabel(entity), place: entity.origin?.place };
}

function codeOf({ data }: KongReply): unknown {
  return typeof data === 'object' && data !== null && 'code' in data ? data.code : undefined;
}
