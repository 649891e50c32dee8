import type { KongEntity } from '../config-view';
import type { AdminContext } from './admin-context';
import { readDatabaseOffset } from './list-entities';
import { makeNext, readSize } from './list-query';
import { ok, Refusal, unexpected } from './reply';
import type { Reply } from './reply';

interface TagRow {
  readonly tag: string;
  readonly entity_name: string;
  readonly entity_id: string;
}

/**
 * The order in which a node without a database goes through its types; each is one page (seen). The
 * head of it is as recorded; Kong's is that of a Lua table, so another process has another.
 */
const dblessTypes = [
  ...['sessions', 'vaults', 'acme_storage', 'hmacauth_credentials', 'workspaces'],
  ...['oauth2_credentials', 'oauth2_tokens', 'jwt_secrets', 'plugins', 'certificates'],
  ...['services', 'routes', 'snis', 'upstreams', 'targets', 'consumers', 'ca_certificates'],
  ...['key_sets', 'keys', 'keyauth_credentials', 'basicauth_credentials', 'acls'],
];

/** `GET /tags` and `GET /tags/<tag>`: which entities carry which tags. */
export function listTags(
  context: AdminContext,
  tag: string | undefined,
  path: string,
  query: URLSearchParams,
): Reply {
  return context.mode === 'db'
    ? listByEntity(context, tag, path, query)
    : listByType(context, tag, path, query);
}

function listByEntity(
  context: AdminContext,
  tag: string | undefined,
  path: string,
  query: URLSearchParams,
): Reply {
  const size = readSize(query);
  const offset = query.get('offset');
  const [afterId = '', afterPlace = Infinity] =
    offset === null ? [] : (readDatabaseOffset(offset) as [string, number?]);
  const rows: (TagRow & { readonly place: number })[] = [];
  for (const collection of context.store.all()) {
    for (const entity of collection.after()) {
      if (entity.id < afterId) continue;
      entity.tags?.forEach((name, index) => {
        const behind = entity.id > afterId || index + 1 > afterPlace;
        if (behind && (tag === undefined || name === tag)) {
          rows.push({ ...makeRow(collection.type.name, entity, name), place: index + 1 });
        }
      });
    }
  }
  rows.sort((left, right) =>
    left.entity_id === right.entity_id
      ? left.place - right.place
      : left.entity_id < right.entity_id
        ? -1
        : 1,
  );
  const data = rows.slice(0, size).map(({ place: _place, ...row }) => row);
  const last = rows[size - 1];
  if (!last || rows.length <= size) return ok({ data, next: null });
  const key = tag === undefined ? [last.entity_id, last.place] : [last.entity_id];
  const next = Buffer.from(JSON.stringify(key)).toString('base64url');
  // The list of one tag forgets the size (seen).
  const kept = tag === undefined ? ['size'] : [];
  return ok({ data, next: makeNext(path, next, query, kept), offset: next });
}

function listByType(
  context: AdminContext,
  tag: string | undefined,
  path: string,
  query: URLSearchParams,
): Reply {
  const done = query.get('offset')?.split('|')[0];
  const type = dblessTypes[done === undefined ? 0 : dblessTypes.indexOf(done) + 1];
  if (type === undefined) return ok({ data: [], next: null });
  const data: TagRow[] = [];
  const collection = [...context.store.all()].find((entry) => entry.type.name === type);
  for (const entity of collection?.after() ?? []) {
    if (!entity.tags) throw new Refusal(unexpected);
    for (const name of entity.tags) {
      if (tag === undefined || name === tag) data.push(makeRow(type, entity, name));
    }
  }
  if (type === dblessTypes.at(-1)) return ok({ data, next: null });
  const offset = `${type}|nil`;
  return ok({ data, offset, next: makeNext(path, offset, query, []) });
}

function makeRow(type: string, entity: KongEntity, tag: string): TagRow {
  return { tag, entity_name: type, entity_id: entity.id };
}
