import { credentialFields } from './credential-schemas';
import { recordedEntitySchemas } from './recorded-schemas';
import { compileSchema } from './schema';
import type { NamedField, RecordSchema, RuleBook, SchemaDocument } from './schema';
import {
  hostRule,
  nameRule,
  routeHostRule,
  routePathRule,
  tagRule,
  targetRule,
  upstreamNameRule,
} from './value-rules';

/** How one type of entity is named, found, kept apart and derived. */
export interface EntityType {
  /** As schemas and `POST /config` name it: `key_sets`. */
  readonly name: string;
  /** As `flattened_errors` names one: `keyauth_credential`. */
  readonly singular: string;
  /** The collection's path segment; none for targets, which exist below their upstream only. */
  readonly path?: string;
  readonly document: SchemaDocument;
  readonly schema: RecordSchema;
  /** The field a path can name an entity by, beside its id. */
  readonly endpointKey?: string;
  /** Sets of fields that no two entities share. One whose fields are all null is not held. */
  readonly uniques: readonly (readonly string[])[];
  readonly foreigns: readonly Foreign[];
  /** Fields of the derived id: the key alone, or several joined below `<type>:*:`. */
  readonly idFrom?: readonly string[];
  /** Kong keeps these times in milliseconds. */
  readonly subSecondTimes?: boolean;
  /** Where collections of it hang below the type its field names. */
  readonly below: Readonly<Record<string, string>>;
}

export interface Foreign {
  readonly field: string;
  readonly type: string;
  readonly cascades: boolean;
}

interface Shape {
  readonly name: string;
  readonly path?: string;
  readonly endpointKey?: string;
  readonly uniques?: readonly (readonly string[])[];
  readonly idFrom?: readonly string[];
  readonly subSecondTimes?: boolean;
  readonly below?: Readonly<Record<string, string>>;
  readonly rules?: RuleBook;
}

const belowConsumer = (segment: string): Pick<Shape, 'below'> => ({ below: { consumer: segment } });

const shapes: readonly Shape[] = [
  {
    name: 'services',
    path: 'services',
    endpointKey: 'name',
    idFrom: ['name'],
    below: { client_certificate: 'services' },
    rules: { name: nameRule, host: hostRule },
  },
  {
    name: 'routes',
    path: 'routes',
    endpointKey: 'name',
    idFrom: ['name'],
    below: { service: 'routes' },
    rules: { name: nameRule, 'hosts.*': routeHostRule, 'paths.*': routePathRule },
  },
  {
    name: 'upstreams',
    path: 'upstreams',
    endpointKey: 'name',
    idFrom: ['name'],
    below: { client_certificate: 'upstreams' },
    rules: { name: upstreamNameRule },
  },
  {
    name: 'targets',
    endpointKey: 'target',
    uniques: [['target', 'upstream']],
    idFrom: ['upstream', 'target'],
    subSecondTimes: true,
    below: { upstream: 'targets' },
    rules: { target: targetRule },
  },
  {
    name: 'consumers',
    path: 'consumers',
    endpointKey: 'username',
    idFrom: ['username'],
  },
  {
    name: 'plugins',
    path: 'plugins',
    endpointKey: 'instance_name',
    uniques: [['consumer', 'name', 'route', 'service']],
    idFrom: ['name', 'route', 'service', 'consumer'],
    below: { service: 'plugins', route: 'plugins', consumer: 'plugins' },
  },
  { name: 'certificates', path: 'certificates' },
  {
    name: 'snis',
    path: 'snis',
    endpointKey: 'name',
    idFrom: ['name'],
    below: { certificate: 'snis' },
  },
  { name: 'ca_certificates', path: 'ca_certificates' },
  { name: 'vaults', path: 'vaults', endpointKey: 'prefix', idFrom: ['prefix'] },
  { name: 'key_sets', path: 'key-sets', endpointKey: 'name', idFrom: ['name'] },
  { name: 'keys', path: 'keys', endpointKey: 'name', idFrom: ['name'], below: { set: 'keys' } },
  {
    name: 'keyauth_credentials',
    path: 'key-auths',
    endpointKey: 'key',
    ...belowConsumer('key-auth'),
  },
  {
    name: 'basicauth_credentials',
    path: 'basic-auths',
    endpointKey: 'username',
    // Joined although it is one field (seen).
    idFrom: ['*', 'username'],
    ...belowConsumer('basic-auth'),
  },
  {
    name: 'hmacauth_credentials',
    path: 'hmac-auths',
    endpointKey: 'username',
    idFrom: ['*', 'username'],
    ...belowConsumer('hmac-auth'),
  },
  {
    name: 'oauth2_credentials',
    path: 'oauth2',
    endpointKey: 'client_id',
    ...belowConsumer('oauth2'),
  },
  { name: 'jwt_secrets', path: 'jwts', endpointKey: 'key', ...belowConsumer('jwt') },
  {
    name: 'acls',
    path: 'acls',
    endpointKey: 'group',
    uniques: [['consumer', 'group']],
    idFrom: ['consumer', 'group'],
    ...belowConsumer('acls'),
  },
];

const tagRules: RuleBook = { 'tags.*': tagRule };

/** Every type of entity, by name. Those that others point at come first. */
export const entityTypes: ReadonlyMap<string, EntityType> = new Map(
  shapes.map((shape) => [shape.name, makeType(shape)]),
);

/** The types by their collection's path segment: `key-auths` is `keyauth_credentials`. */
export const entityTypesByPath: ReadonlyMap<string, EntityType> = new Map(
  [...entityTypes.values()].flatMap((type) => (type.path === undefined ? [] : [[type.path, type]])),
);

/** The type of that name, which must exist. */
export function getEntityType(name: string): EntityType {
  const type = entityTypes.get(name);
  if (!type) throw new Error(`no entity type '${name}'`);
  return type;
}

/** The rules in code of one type: plugins combine them with their own schema. */
export const pluginRules: RuleBook = { ...tagRules, instance_name: nameRule };

function makeType(shape: Shape): EntityType {
  const document = recordedEntitySchemas[shape.name] ?? {
    fields: readCredentialFields(shape.name),
  };
  const fields = Object.entries(Object.assign({}, ...document.fields) as NamedField);
  return {
    name: shape.name,
    singular: shape.name.replace(/s$/, ''),
    ...(shape.path === undefined ? {} : { path: shape.path }),
    document,
    schema: compileSchema(document.fields, document.entity_checks, { ...tagRules, ...shape.rules }),
    ...(shape.endpointKey === undefined ? {} : { endpointKey: shape.endpointKey }),
    uniques: [
      ...fields.filter(([, field]) => field.unique).map(([name]) => [name]),
      ...(shape.uniques ?? []),
    ],
    foreigns: fields.flatMap(([name, field]) =>
      field.type === 'foreign' && field.reference !== undefined
        ? [{ field: name, type: field.reference, cascades: field.on_delete === 'cascade' }]
        : [],
    ),
    ...(shape.idFrom ? { idFrom: shape.idFrom } : {}),
    ...(shape.subSecondTimes ? { subSecondTimes: true } : {}),
    below: shape.below ?? {},
  };
}

function readCredentialFields(name: string): readonly NamedField[] {
  const fields = (credentialFields as Readonly<Record<string, readonly NamedField[]>>)[name];
  if (!fields) throw new Error(`no schema for '${name}'`);
  return fields;
}
