/** Where each type of entity lives in the Admin API of a Kong with a database (seen on 3.9.1). */
import type { Entity, EntityType } from '../../kong/model';

export interface Resource {
  /** Lists all of the type; `undefined` where Kong lists it below a parent only. */
  readonly collection?: string;
  /** Where Kong wants it written below the entity that this field refers to. */
  readonly below?: { readonly field: string; readonly parents: string; readonly segment: string };
  /** The field by which a path can name one, besides its id. */
  readonly name?: string;
}

function ofConsumer(collection: string, segment: string, name?: string): Resource {
  const below = { field: 'consumer', parents: '/consumers', segment };
  return { collection, below, ...(name === undefined ? {} : { name }) };
}

export const resources: Readonly<Partial<Record<EntityType, Resource>>> = {
  services: { collection: '/services', name: 'name' },
  routes: { collection: '/routes', name: 'name' },
  upstreams: { collection: '/upstreams', name: 'name' },
  // `GET /targets` is 404 on 3.9, although its list of endpoints has it.
  targets: { below: { field: 'upstream', parents: '/upstreams', segment: 'targets' } },
  plugins: { collection: '/plugins' },
  consumers: { collection: '/consumers', name: 'username' },
  // Not in the open source edition, where it is 404.
  consumer_groups: { collection: '/consumer_groups', name: 'name' },
  keyauth_credentials: ofConsumer('/key-auths', 'key-auth', 'key'),
  basicauth_credentials: ofConsumer('/basic-auths', 'basic-auth', 'username'),
  hmacauth_credentials: ofConsumer('/hmac-auths', 'hmac-auth', 'username'),
  jwt_secrets: ofConsumer('/jwts', 'jwt', 'key'),
  oauth2_credentials: ofConsumer('/oauth2', 'oauth2', 'client_id'),
  acls: ofConsumer('/acls', 'acls'),
  certificates: { collection: '/certificates' },
  snis: { collection: '/snis', name: 'name' },
  ca_certificates: { collection: '/ca_certificates' },
  vaults: { collection: '/vaults', name: 'prefix' },
  key_sets: { collection: '/key-sets', name: 'name' },
  keys: { collection: '/keys', name: 'name' },
};

/** Types with a list of their own, in the order of `entityTypes`. */
export const listedTypes: readonly (readonly [EntityType, string])[] = Object.entries(
  resources,
).flatMap(([type, { collection }]) =>
  collection === undefined ? [] : [[type as EntityType, collection] as const],
);

/** Where one entity is made: the list it belongs to. */
export function collectionOf(entity: Entity): string | undefined {
  const resource = resources[entity.type];
  if (!resource?.below) return resource?.collection;
  const { field, parents, segment } = resource.below;
  const parent = entity.references[field];
  return parent && `${parents}/${parent.id}/${segment}`;
}

/** Where one entity is written and deleted. */
export function pathOf(entity: Entity): string | undefined {
  const collection = collectionOf(entity);
  return collection && `${collection}/${entity.id}`;
}
