import { checkEntity } from '../../entities/check-entity';
import { entityTypes } from '../../entities/entity-types';
import type { EntityType, Foreign } from '../../entities/entity-types';
import { isRecord } from '../../entities/fill-defaults';
import type { EntityDraft } from '../../entities/fill-defaults';
import type { PluginCatalogue } from '../../entities/plugin-catalogue';
import { setElementError } from '../../entities/schema-errors';
import type { SchemaError, SchemaErrorList, SchemaErrors } from '../../entities/schema-errors';
import { isUuid } from '../../entities/value-rules';
import type { DeclaredEntity } from './declared-entity';

/** A document's entities as one flat list, parents before children, or what is wrong with them. */
export interface ReadDocument {
  readonly entities: readonly DeclaredEntity[];
  readonly errors?: SchemaErrors | undefined;
}

const formatVersions = ['1.1', '2.1', '3.0'];
/** Accepted and without a meaning here; `_transform` has one for its reader. */
const plainKeys = new Set(['_comment', '_ignore', '_transform']);

/** Taken in each entity as well, where they are of the right shape, and forgotten. */
const comments: Readonly<Record<string, (value: unknown) => boolean>> = {
  _comment: (value) => value === null || typeof value === 'string',
  _ignore: (value) => value === null || Array.isArray(value),
};

/** Checks a document field by field. References and uniqueness are not looked at. */
export function readDocument(
  document: Readonly<Record<string, unknown>>,
  plugins: PluginCatalogue,
): ReadDocument {
  const entities: DeclaredEntity[] = [];
  const errors: SchemaErrors = {};
  const versionError = checkVersion(document._format_version);
  if (versionError !== undefined) errors._format_version = versionError;
  for (const [key, value] of Object.entries(document)) {
    const type = entityTypes.get(key);
    if (type) {
      const error = readList(type, value, undefined, plugins, entities);
      if (error !== undefined) errors[key] = error;
    } else if (key !== '_format_version' && !plainKeys.has(key)) {
      errors[key] = 'unknown field';
    }
  }
  return Object.keys(errors).length > 0 ? { entities, errors } : { entities };
}

function checkVersion(version: unknown): string | undefined {
  if (version === undefined || version === null) return 'required field missing';
  if (typeof version !== 'string') return 'expected a string';
  return formatVersions.includes(version)
    ? undefined
    : `expected one of: ${formatVersions.join(', ')}`;
}

function readList(
  type: EntityType,
  value: unknown,
  parent: DeclaredEntity['parent'],
  plugins: PluginCatalogue,
  entities: DeclaredEntity[],
): SchemaError | undefined {
  if (value === null || value === undefined) return undefined;
  if (!Array.isArray(value)) return 'expected an array';
  let errors: SchemaErrorList | undefined;
  value.forEach((item: unknown, index) => {
    const error = isRecord(item)
      ? readEntity(type, item, index, parent, plugins, entities)
      : 'expected a record';
    if (error !== undefined) setElementError((errors ??= []), index, error);
  });
  return errors;
}

function readEntity(
  type: EntityType,
  item: EntityDraft,
  index: number,
  parent: DeclaredEntity['parent'],
  plugins: PluginCatalogue,
  entities: DeclaredEntity[],
): SchemaErrors | undefined {
  const own: EntityDraft = {};
  const children: [Child, unknown][] = [];
  const references = new Map<string, unknown>();
  for (const [name, value] of Object.entries(item)) {
    if (comments[name]?.(value) === true) continue;
    const child = childrenOf(type).get(name);
    const foreign = type.foreigns.find((entry) => entry.field === name);
    if (child) children.push([child, value]);
    else if (foreign && isReference(value)) references.set(name, value);
    else own[name] = value;
  }
  // A place for each reference satisfies the schema; what it holds is resolved later.
  for (const name of references.keys()) own[name] = placeholder;
  if (parent) own[parent.field] = placeholder;
  const { ttl } = own;
  // No field of its schema: Kong's store knows it of every type that may expire.
  if (type.name === 'keyauth_credentials') delete own.ttl;
  const checked = checkEntity(type, own, plugins);
  if (typeof ttl === 'number') checked.entity.ttl = ttl;
  const declared: DeclaredEntity = {
    type,
    entity: checked.entity,
    item,
    index,
    references,
    ...(parent ? { parent } : {}),
  };
  entities.push(declared);
  let errors = checked.errors && nameAddress(checked.errors, item);
  for (const [child, value] of children) {
    const below = { declared, field: child.foreign.field };
    const error = readList(child.type, value, below, plugins, entities);
    if (error !== undefined) (errors ??= {})[child.type.name] = error;
  }
  return errors;
}

const placeholder = { id: '00000000-0000-4000-8000-000000000000' };

function isReference(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return isRecord(value) && typeof value.id === 'string' && isUuid(value.id);
}

interface Child {
  readonly type: EntityType;
  readonly foreign: Foreign;
}

const children = new Map<string, ReadonlyMap<string, Child>>();

/** What can stand inside an entity of that type: all that points at it. */
function childrenOf(type: EntityType): ReadonlyMap<string, Child> {
  let found = children.get(type.name);
  if (!found) {
    const entries = new Map<string, Child>();
    for (const child of entityTypes.values()) {
      const foreign = child.foreigns.find((entry) => entry.type === type.name);
      if (foreign) entries.set(child.name, { type: child, foreign });
    }
    found = entries;
    children.set(type.name, found);
  }
  return found;
}

/** The names of what can stand inside an entity of that type. */
export function childNamesOf(type: EntityType): ReadonlySet<string> {
  return new Set(childrenOf(type).keys());
}

/** Here, unlike over REST, the sentence about a target names it (seen). */
function nameAddress(errors: SchemaErrors, item: EntityDraft): SchemaErrors {
  const { target } = errors;
  if (typeof target !== 'string' || !target.startsWith('Invalid target;')) return errors;
  const named = target.replace('Invalid target;', `Invalid target ('${String(item.target)}');`);
  return { ...errors, target: named };
}
