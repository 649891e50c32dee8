import { entityTypes, getEntityType } from '../../entities/entity-types';
import type { EntityType } from '../../entities/entity-types';
import { isRecord } from '../../entities/fill-defaults';
import type { EntityDraft } from '../../entities/fill-defaults';
import { entityKey, isErrorList, isErrorTree } from '../../entities/schema-errors';
import type { SchemaError, SchemaErrors } from '../../entities/schema-errors';
import type { DeclaredEntity } from './declared-entity';
import { childNamesOf } from './read-document';

export interface FlattenedError {
  readonly entity_type: string;
  readonly entity_name?: unknown;
  readonly entity_id?: unknown;
  readonly entity_tags?: unknown;
  readonly entity: unknown;
  readonly errors: readonly FlattenedFieldError[];
}

export type FlattenedFieldError =
  | { readonly type: 'field'; readonly field: string; readonly message: string }
  | { readonly type: 'entity'; readonly message: string };

export interface Flattened {
  readonly flattened: readonly FlattenedError[];
  /** What could not be put to an entity of the document. */
  readonly rest: SchemaErrors;
}

/**
 * Errors by entity, as `flatten_errors=1` has them. An error is put to an entity where the document has
 * one at that very place; Kong looks at the document as it was nested, so that errors of children that
 * it reports below a moved parent stay over.
 */
export function flattenErrors(
  document: Readonly<Record<string, unknown>>,
  errors: SchemaErrors,
  assigned: ReadonlyMap<unknown, DeclaredEntity>,
): Flattened {
  const flattened: FlattenedError[] = [];
  const rest: SchemaErrors = {};
  for (const [name, error] of Object.entries(errors)) {
    const list = document[name];
    if (!entityTypes.has(name) || !isErrorList(error) || !Array.isArray(list)) {
      rest[name] = error;
      continue;
    }
    flattenList(getEntityType(name), list, error, assigned, flattened);
  }
  return { flattened, rest };
}

function flattenList(
  type: EntityType,
  list: readonly unknown[],
  errors: readonly (SchemaError | null)[],
  assigned: ReadonlyMap<unknown, DeclaredEntity>,
  flattened: FlattenedError[],
): void {
  errors.forEach((error, at) => {
    const item = list[at];
    if (error === null || !isRecord(item)) return;
    if (typeof error === 'string') {
      flattened.push(
        makeEntry(type, withAssigned(item, type, assigned.get(item)), [
          { type: 'entity', message: error },
        ]),
      );
    } else if (isErrorTree(error)) {
      flattenEntity(type, item, error, assigned, flattened);
    }
  });
}

function flattenEntity(
  type: EntityType,
  item: EntityDraft,
  errors: SchemaErrors,
  assigned: ReadonlyMap<unknown, DeclaredEntity>,
  flattened: FlattenedError[],
): void {
  const children = childNamesOf(type);
  const own: FlattenedFieldError[] = [];
  for (const [name, error] of Object.entries(errors)) {
    const list = item[name];
    if (children.has(name) && isErrorList(error) && Array.isArray(list)) {
      flattenList(getEntityType(name), list, error, assigned, flattened);
    } else if (name === entityKey && isErrorList(error)) {
      for (const message of error) {
        if (typeof message === 'string') own.push({ type: 'entity', message });
      }
    } else {
      listFields(name, error, own);
    }
  }
  if (own.length > 0) flattened.push(makeEntry(type, withoutChildren(item, type), own));
}

function listFields(path: string, error: SchemaError, out: FlattenedFieldError[]): void {
  if (typeof error === 'string') {
    out.push({ type: 'field', field: path, message: error });
  } else if (isErrorList(error)) {
    error.forEach((entry, at) => {
      if (entry !== null) listFields(`${path}.${at + 1}`, entry, out);
    });
  } else {
    for (const [name, entry] of Object.entries(error)) listFields(`${path}.${name}`, entry, out);
  }
}

function makeEntry(
  type: EntityType,
  entity: EntityDraft,
  errors: readonly FlattenedFieldError[],
): FlattenedError {
  return {
    entity_type: type.singular,
    ...(entity.name === undefined ? {} : { entity_name: entity.name }),
    ...(entity.id === undefined ? {} : { entity_id: entity.id }),
    ...(entity.tags === undefined ? {} : { entity_tags: entity.tags }),
    entity,
    errors,
  };
}

/** What is found after ids were given shows the id, and the parent of a nested entity. */
function withAssigned(
  item: EntityDraft,
  type: EntityType,
  declared: DeclaredEntity | undefined,
): EntityDraft {
  const out = withoutChildren(item, type);
  if (!declared) return out;
  const { parent, entity } = declared;
  return {
    ...out,
    id: entity.id,
    ...(parent ? { [parent.field]: { id: String(parent.declared.entity.id) } } : {}),
  };
}

function withoutChildren(item: EntityDraft, type: EntityType): EntityDraft {
  const children = childNamesOf(type);
  return Object.fromEntries(Object.entries(item).filter(([name]) => !children.has(name)));
}
