/** Who has the name that an entity needs. */
import { entityKinds } from '../../kong/kinds';
import type { Entity, EntityType } from '../../kong/model';
import { singular } from '../../kong/model';
import type { KongClient } from '../kong-http/client';
import { isRawEntity, readList, type RawEntity } from './list-pages';
import { describeTags } from './ownership';
import { targetsOf } from './read-entities';
import { resources } from './resources';

/**
 * By its name or among what is beside it, then by its id: what was renamed or moved in place keeps an id
 * that was made of the old name, and a PUT under that id would replace it.
 * @param isAlone nothing can be beside it: its parent is only being made.
 */
export async function findHolder(
  client: KongClient,
  entity: Entity,
  signal: AbortSignal,
  isAlone = false,
): Promise<RawEntity | undefined> {
  const beside = isAlone ? undefined : await findByMark(client, entity, signal);
  const collection = resources[entity.type]?.collection;
  if (beside || collection === undefined) return beside;
  return readOne(client, `${collection}/${entity.id}`, signal);
}

async function findByMark(
  client: KongClient,
  entity: Entity,
  signal: AbortSignal,
): Promise<RawEntity | undefined> {
  const list = neighboursOf(entity);
  if (list !== undefined) {
    return indexHolders(entity.type, await readList(client, list, signal))(entity);
  }
  const path = pathByName(entity);
  return path === undefined ? undefined : readOne(client, path, signal);
}

async function readOne(
  client: KongClient,
  path: string,
  signal: AbortSignal,
): Promise<RawEntity | undefined> {
  // 400: a name that Kong takes from nobody.
  const accept = [400, 404];
  const { status, data } = await client.request({ method: 'GET', path, accept }, signal);
  return status === 200 && isRawEntity(data) ? data : undefined;
}

/** Finds in a list who has an entity's id, or what must be unique of it. */
export function indexHolders(
  type: EntityType,
  items: readonly RawEntity[],
): (entity: Entity) => RawEntity | undefined {
  const byId = new Map(items.map((item) => [item.id, item]));
  const byMark = new Map(
    items.map((item) => [markOf(type, item, (name) => idIn(item[name])), item]),
  );
  return (entity) => {
    const mark = markOf(type, entity.fields, (name) => entity.references[name]?.id);
    return byId.get(entity.id) ?? (mark === undefined ? undefined : byMark.get(mark));
  };
}

/** `service orders (id 1234) with the tags team-a`. */
export function describeHolder(type: EntityType, raw: RawEntity): string {
  const name = resources[type]?.name;
  const shown = name === undefined || isNamedBySecret(type) ? undefined : raw[name];
  const title = typeof shown === 'string' ? `${singular[type]} ${shown}` : `a ${singular[type]}`;
  return `${title} (id ${raw.id}) with ${describeTags(raw)}`;
}

function isNamedBySecret(type: EntityType): boolean {
  return entityKinds[type].secrets.some(([field]) => field === resources[type]?.name);
}

/** What Kong lets only one entity of a type have. */
function markOf(
  type: EntityType,
  fields: Readonly<Record<string, unknown>>,
  idOf: (reference: string) => string | undefined,
): string | undefined {
  const value = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined);
  if (type === 'plugins') {
    return [value('name'), idOf('service'), idOf('route'), idOf('consumer')].join('\0');
  }
  if (type === 'targets') return [value('target'), idOf('upstream')].join('\0');
  if (type === 'acls') return [value('group'), idOf('consumer')].join('\0');
  return value(resources[type]?.name ?? '');
}

/**
 * The list that plugins of one scope and targets of one upstream share; of keys the list of all, as one
 * in a path would end up in logs.
 */
function neighboursOf({ type, references }: Entity): string | undefined {
  if (isNamedBySecret(type)) return resources[type]?.collection;
  if (type === 'targets') return references['upstream'] && targetsOf(references['upstream'].id);
  if (type === 'acls')
    return references['consumer'] && `/consumers/${references['consumer'].id}/acls`;
  if (type !== 'plugins') return undefined;
  const { route, service, consumer } = references;
  if (route) return `/routes/${route.id}/plugins`;
  if (service) return `/services/${service.id}/plugins`;
  return consumer ? `/consumers/${consumer.id}/plugins` : '/plugins';
}

function pathByName({ type, fields }: Entity): string | undefined {
  const { collection, name } = resources[type] ?? {};
  const value = name === undefined ? undefined : fields[name];
  if (collection === undefined || typeof value !== 'string') return undefined;
  return `${collection}/${encodeURIComponent(value)}`;
}

function idIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return typeof value.id === 'string' ? value.id : undefined;
}
