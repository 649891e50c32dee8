import type { EntityType } from './model';

/** Fields that no two entities of a type may share, whatever they belong to. */
export const uniqueFields: Readonly<Record<EntityType, readonly string[]>> = {
  services: ['name'],
  routes: ['name'],
  upstreams: ['name'],
  targets: [],
  plugins: ['instance_name'],
  consumers: ['username', 'custom_id'],
  consumer_groups: ['name'],
  consumer_group_consumers: [],
  keyauth_credentials: ['key'],
  basicauth_credentials: ['username'],
  hmacauth_credentials: ['username'],
  jwt_secrets: ['key'],
  oauth2_credentials: ['client_id'],
  acls: [],
  certificates: [],
  snis: ['name'],
  ca_certificates: [],
  vaults: ['prefix'],
  key_sets: ['name'],
  keys: ['name'],
};
