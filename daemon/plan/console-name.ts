/** What decK calls entities and their types. */
import type { Entity, EntityType } from '../kong/model';

/** decK's words for the types. */
export const kinds: Readonly<Record<EntityType, string>> = {
  services: 'service',
  routes: 'route',
  upstreams: 'upstream',
  targets: 'target',
  plugins: 'plugin',
  consumers: 'consumer',
  consumer_groups: 'consumer-group',
  consumer_group_consumers: 'consumer-group-consumer',
  keyauth_credentials: 'key-auth',
  basicauth_credentials: 'basic-auth',
  hmacauth_credentials: 'hmac-auth',
  jwt_secrets: 'jwt-auth',
  oauth2_credentials: 'oauth2-cred',
  acls: 'acl-group',
  certificates: 'certificate',
  snis: 'sni',
  ca_certificates: 'ca-certificate',
  vaults: 'vault',
  key_sets: 'key-set',
  keys: 'key',
};

/** How decK names an entity in its sentences: `cors for service orders`, `cors (global)`. */
export function consoleName(entity: Entity, nameOf: (field: string) => string | undefined): string {
  const name = ownName(entity);
  if (entity.type === 'targets') return `${name} for upstream ${nameOf('upstream') ?? 'unknown'}`;
  if (entity.type === 'plugins') {
    const scopes = ['service', 'route', 'consumer', 'consumer_group'].flatMap((field) => {
      const parent = nameOf(field);
      return parent === undefined ? [] : [`${field.replace('_', '-')} ${parent}`];
    });
    return scopes.length > 0 ? `${name} for ${scopes.join(' and ')}` : `${name} (global)`;
  }
  const consumer = nameOf('consumer');
  return consumer === undefined ? name : `${name} for consumer ${consumer}`;
}

/** The name of an entity without its surroundings; of a key-auth credential never the key itself. */
export function ownName({ fields, id, type }: Entity): string {
  for (const field of nameFields[type] ?? ['name']) {
    const value = fields[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return id;
}

const nameFields: Readonly<Partial<Record<EntityType, readonly string[]>>> = {
  targets: ['target'],
  consumers: ['username', 'custom_id'],
  keyauth_credentials: [],
  basicauth_credentials: ['username'],
  hmacauth_credentials: ['username'],
  jwt_secrets: ['key'],
  oauth2_credentials: ['client_id'],
  acls: ['group'],
  vaults: ['prefix'],
  keys: ['name', 'kid'],
};
