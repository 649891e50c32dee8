/**
 * What the engine must know of each entity type to read, identify and write it: which field names it,
 * which fields refer to others, what may be nested in it and what in it is secret. As Kong 3.9's
 * schemas and its declarative loader have it.
 */
import type { EntityType, Path } from './model';
import { entityTypes } from './model';

export interface ReferenceKind {
  readonly type: EntityType;
  /** Kong refuses the entity without it. */
  readonly required?: boolean;
}

/** A list of other entities inside an entity: `services[].routes`. */
export interface ChildKind {
  readonly type: EntityType;
  /** The field of the child that refers back to the parent. */
  readonly parent: string;
  /** Where an item names an entity instead of being one: `consumers[].groups: [{name: gold}]`. */
  readonly names?: string;
}

export interface EntityKind {
  /** Fields that identify the entity inside its type; the first one that is set counts. */
  readonly names: readonly string[];
  readonly references: Readonly<Record<string, ReferenceKind>>;
  readonly children: Readonly<Record<string, ChildKind>>;
  /** Fields that are secrets by nature. */
  readonly secrets: readonly Path[];
}

const consumer: Readonly<Record<string, ReferenceKind>> = {
  consumer: { type: 'consumers', required: true },
};

const ofConsumer = (type: EntityType): ChildKind => ({ type, parent: 'consumer' });

function kind(names: readonly string[], rest: Partial<EntityKind> = {}): EntityKind {
  return { names, references: {}, children: {}, secrets: [], ...rest };
}

export const entityKinds: Readonly<Record<EntityType, EntityKind>> = {
  services: kind(['name'], {
    references: { client_certificate: { type: 'certificates' } },
    children: {
      routes: { type: 'routes', parent: 'service' },
      plugins: { type: 'plugins', parent: 'service' },
    },
  }),
  routes: kind(['name'], {
    references: { service: { type: 'services' } },
    children: { plugins: { type: 'plugins', parent: 'route' } },
  }),
  upstreams: kind(['name'], {
    references: { client_certificate: { type: 'certificates' } },
    children: { targets: { type: 'targets', parent: 'upstream' } },
  }),
  targets: kind(['target'], { references: { upstream: { type: 'upstreams', required: true } } }),
  plugins: kind(['name'], {
    references: {
      service: { type: 'services' },
      route: { type: 'routes' },
      consumer: { type: 'consumers' },
      consumer_group: { type: 'consumer_groups' },
    },
  }),
  consumers: kind(['username', 'custom_id'], {
    children: {
      plugins: ofConsumer('plugins'),
      groups: { type: 'consumer_group_consumers', parent: 'consumer', names: 'consumer_group' },
      keyauth_credentials: ofConsumer('keyauth_credentials'),
      basicauth_credentials: ofConsumer('basicauth_credentials'),
      hmacauth_credentials: ofConsumer('hmacauth_credentials'),
      jwt_secrets: ofConsumer('jwt_secrets'),
      oauth2_credentials: ofConsumer('oauth2_credentials'),
      acls: ofConsumer('acls'),
    },
  }),
  consumer_groups: kind(['name'], {
    children: {
      plugins: { type: 'plugins', parent: 'consumer_group' },
      consumers: { type: 'consumer_group_consumers', parent: 'consumer_group', names: 'consumer' },
    },
  }),
  consumer_group_consumers: kind([], {
    references: { ...consumer, consumer_group: { type: 'consumer_groups', required: true } },
  }),
  keyauth_credentials: kind(['key'], { references: consumer, secrets: [['key']] }),
  basicauth_credentials: kind(['username'], { references: consumer, secrets: [['password']] }),
  hmacauth_credentials: kind(['username'], { references: consumer, secrets: [['secret']] }),
  jwt_secrets: kind(['key'], { references: consumer, secrets: [['secret']] }),
  oauth2_credentials: kind(['client_id'], { references: consumer, secrets: [['client_secret']] }),
  acls: kind(['group'], { references: consumer }),
  certificates: kind([], {
    children: { snis: { type: 'snis', parent: 'certificate' } },
    secrets: [['key'], ['key_alt']],
  }),
  snis: kind(['name'], { references: { certificate: { type: 'certificates', required: true } } }),
  ca_certificates: kind([]),
  vaults: kind(['prefix']),
  key_sets: kind(['name'], { children: { keys: { type: 'keys', parent: 'set' } } }),
  keys: kind(['name', 'kid'], {
    references: { set: { type: 'key_sets' } },
    secrets: [['jwk'], ['pem', 'private_key']],
  }),
};

/** In an order in which whatever an entity refers to comes before it. */
export const dependencyOrder: readonly EntityType[] = [
  'certificates',
  'ca_certificates',
  'services',
  'upstreams',
  'consumers',
  'consumer_groups',
  'vaults',
  'key_sets',
  'routes',
  'snis',
  'keys',
  'targets',
  'keyauth_credentials',
  'basicauth_credentials',
  'hmacauth_credentials',
  'jwt_secrets',
  'oauth2_credentials',
  'acls',
  'consumer_group_consumers',
  'plugins',
];

const types: ReadonlySet<string> = new Set(entityTypes);

export function isEntityType(name: string): name is EntityType {
  return types.has(name);
}
