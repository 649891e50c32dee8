/**
 * The decK model: Kong's configuration as a flat set of entities with references between them. Pure
 * values; how files are read and written, and how targets are driven, lies elsewhere.
 */
import type { Failure, Place } from '../../catalog/error';

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** A path into an entity's fields or a document: `['config', 'headers', 0]`. */
export type Path = readonly (string | number)[];

/** Entity types by Kong's plural names, as in declarative files and Admin API paths. */
export const entityTypes = [
  'services',
  'routes',
  'upstreams',
  'targets',
  'plugins',
  'consumers',
  'consumer_groups',
  'consumer_group_consumers',
  'keyauth_credentials',
  'basicauth_credentials',
  'hmacauth_credentials',
  'jwt_secrets',
  'oauth2_credentials',
  'acls',
  'certificates',
  'snis',
  'ca_certificates',
  'vaults',
  'key_sets',
  'keys',
] as const;
export type EntityType = (typeof entityTypes)[number];

/** Whose an entity is. What is the user's is theirs to delete; what is the mesh's is ours. */
export type Owner = 'user' | 'mesh';

/** Where the user wrote an entity: which file, and the way to it inside that document. */
export interface Origin {
  readonly place: Place;
  readonly path: Path;
}

export interface Entity {
  readonly type: EntityType;
  /**
   * Identity inside its type, as decK matches: name (consumer: username; target: upstream and
   * address; plugin: name and scope; credential: consumer and key), else the given id.
   */
  readonly key: string;
  /**
   * The id given by the user, else the UUIDv5 that Kong's own DB-less loader derives from the key,
   * so that file, DB-less and Admin API agree and retries are idempotent.
   */
  readonly id: string;
  /**
   * Own fields, resolved (templates, defaults, shared plugin config), sparse: what is not written is
   * not here. Without `id`, without nested entities, without the references below.
   */
  readonly fields: JsonObject;
  /** Foreign keys by field name: `service`, `route`, `consumer`, `upstream`, `certificate`, `set`… */
  readonly references: Readonly<Partial<Record<string, EntityReference>>>;
  readonly owner: Owner;
  readonly origin?: Origin;
  /** Paths in `fields` whose value came from the environment or is a secret by nature: masked in output. */
  readonly secrets: readonly Path[];
}

export interface EntityReference {
  readonly type: EntityType;
  readonly id: string;
}

/** A plugin that the files want and that does not come about, for a mistake in it or because Kong refuses it. */
export interface MissingPlugin {
  /** As `entityLabel` has it. */
  readonly label: string;
  /** Its type; absent where the file does not say it. */
  readonly name?: string;
  readonly references: Entity['references'];
  /** What it is on cannot be told: it may be meant for any route. */
  readonly anywhere?: true;
}

/** An item of a file that is no entity, for a mistake in it. */
export interface UnreadItem {
  readonly file: string;
  readonly path: Path;
}

/** One whole configuration of a gateway. */
export interface KongState {
  /** Sorted by type in the order of `entityTypes`, then by key: equal sets give equal states. */
  readonly entities: readonly Entity[];
  /** Top-level keys of the file that we do not interpret: they pass through to file and DB-less. */
  readonly passthrough: JsonObject;
  /** decK's `_info.select_tags`: the tags that mark what a file owns on a shared gateway. */
  readonly selectTags: readonly string[];
  /** decK's `_workspace`. */
  readonly workspace?: string;
  /** The user's files that it comes from: where it is written as files, these keep comments, order and templates. */
  readonly files?: readonly ConfigFile[];
  /** What entities refer to and only the gateway has; absent where there is nothing of it. */
  readonly externals?: readonly ExternalReference[];
}

/** A reference to something that the files do not define and the gateway may hold already. */
export interface ExternalReference {
  readonly type: EntityType;
  /** The id as given; of a name the one that Kong's loader derives, until the target knows the real one. */
  readonly id: string;
  readonly name?: string;
  /** For messages: what the file says, masked where a variable holds it. */
  readonly shown: string;
  /** The target has looked it up, and the gateway does not hold it. */
  readonly isMissing?: true;
}

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** A value together with the findings made on the way to it: what is bad is left out, not fatal. */
export interface Outcome<T> {
  readonly value: T;
  readonly failures: readonly Failure[];
}

/** `route orders`, `target 10.0.0.1:80 of upstream blue`: how users name an entity. */
export function entityLabel(entity: Pick<Entity, 'type' | 'key'>): string {
  return `${singular[entity.type]} ${entity.key}`;
}

/** One string per entity over all types. */
export function entityKey(entity: Pick<Entity, 'type' | 'id'>): string {
  return `${entity.type}/${entity.id}`;
}

/** Puts entities into the order that `KongState.entities` promises. */
export function sortEntities(entities: Iterable<Entity>): readonly Entity[] {
  return [...entities].sort(compareEntities);
}

/** By type in the order of `entityTypes`, then by key, then by id. */
export function compareEntities(a: Entity, b: Entity): number {
  return typeOrder[a.type] - typeOrder[b.type] || compare(a.key, b.key) || compare(a.id, b.id);
}

export const singular: Readonly<Record<EntityType, string>> = {
  services: 'service',
  routes: 'route',
  upstreams: 'upstream',
  targets: 'target',
  plugins: 'plugin',
  consumers: 'consumer',
  consumer_groups: 'consumer group',
  consumer_group_consumers: 'consumer group member',
  keyauth_credentials: 'key-auth credential',
  basicauth_credentials: 'basic-auth credential',
  hmacauth_credentials: 'hmac-auth credential',
  jwt_secrets: 'jwt secret',
  oauth2_credentials: 'oauth2 credential',
  acls: 'acl',
  certificates: 'certificate',
  snis: 'SNI',
  ca_certificates: 'CA certificate',
  vaults: 'vault',
  key_sets: 'key set',
  keys: 'key',
};

const typeOrder = Object.fromEntries(entityTypes.map((type, index) => [type, index])) as Record<
  EntityType,
  number
>;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
