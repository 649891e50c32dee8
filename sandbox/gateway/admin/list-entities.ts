import type { KongEntity } from '../config-view';
import type { EntityType } from '../entities/entity-types';
import type { AdminContext } from './admin-context';
import type { Parent } from './find-entity';
import { makeNext, readSize, readTagFilter } from './list-query';
import { isExpired, presentEntity } from './present-entity';
import { ok, refuse } from './reply';
import type { Reply } from './reply';

/** The workspace id of a node without a database, which its offsets carry (seen: always this one). */
const dblessWorkspace = '0dc6f45b-8f8d-40d2-a504-473544ee190b';

/**
 * One page of a collection, ordered by id. Below a parent `?tags=` is ignored (seen). In DB-less mode
 * a full page always has a `next`, also where nothing follows (seen).
 */
export function listEntities(
  context: AdminContext,
  type: EntityType,
  path: string,
  query: URLSearchParams,
  parent?: Parent,
): Reply {
  const size = readSize(query);
  const accepts = parent ? undefined : readTagFilter(context, query);
  const start = readOffset(context, type, query.get('offset'));
  const page: KongEntity[] = [];
  let more = false;
  if (start !== 'nowhere') {
    for (const entity of walk(context, type, parent, start)) {
      if (isExpired(context, entity) || !matchesQuery(type, entity, query)) continue;
      if (accepts && !accepts(entity)) continue;
      if (page.length === size) {
        more = true;
        break;
      }
      page.push(entity);
    }
  }
  const data = page.map((entity) => presentEntity(context, type, entity));
  const last = page.at(-1);
  if (!last || !(more || (context.mode === 'dbless' && page.length === size))) {
    return ok({ data, next: null });
  }
  const offset = writeOffset(context, type, last.id);
  const kept = parent ? ['size'] : ['tags', 'size'];
  return ok({ data, next: makeNext(path, offset, query, kept), offset });
}

function walk(
  context: AdminContext,
  type: EntityType,
  parent: Parent | undefined,
  after: string | undefined,
): Iterable<KongEntity> {
  const collection = context.store.of(type);
  if (!parent) return collection.after(after);
  return [...collection.childIds(parent.field, parent.entity.id)]
    .sort()
    .flatMap((id) => (after !== undefined && id <= after ? [] : (collection.get(id) ?? [])));
}

/** `/consumers?custom_id=` is the one field a list can be asked by. */
function matchesQuery(type: EntityType, entity: KongEntity, query: URLSearchParams): boolean {
  const customId = type.name === 'consumers' ? query.get('custom_id') : null;
  return customId === null || entity.custom_id === customId;
}

function writeOffset(context: AdminContext, type: EntityType, id: string): string {
  const text =
    context.mode === 'db' ? JSON.stringify([id]) : `${type.name}|${dblessWorkspace}|*|${id}\0`;
  return Buffer.from(text).toString('base64url');
}

/** The id to go on behind. A bad offset is 400 with a database, and an empty page without. */
function readOffset(
  context: AdminContext,
  type: EntityType,
  offset: string | null,
): string | undefined {
  if (offset === null) return undefined;
  const text = Buffer.from(offset, 'base64url').toString();
  if (context.mode === 'dbless') {
    const id = /\|([^|]+)\0$/.exec(text)?.[1];
    return id !== undefined && text.startsWith(`${type.name}|`) ? id : 'nowhere';
  }
  return readDatabaseOffset(offset)[0] as string;
}

/** @throws Refusal 400 where the offset is none of this node's. */
export function readDatabaseOffset(offset: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(offset, 'base64url').toString());
    if (Array.isArray(value) && typeof value[0] === 'string') return value;
  } catch {
    // Not JSON: refused below with the rest.
  }
  throw refuse(400, {
    name: 'invalid offset',
    code: 7,
    message: `'${offset}' is not a valid offset: bad json encoding`,
  });
}
