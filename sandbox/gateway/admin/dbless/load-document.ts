import type { KongEntity } from '../../config-view';
import { schemaOf } from '../../entities/check-entity';
import { formatLuaTable } from '../../entities/lua-text';
import type { SchemaErrors } from '../../entities/schema-errors';
import { EntityStore } from '../../store/entity-store';
import type { AdminContext } from '../admin-context';
import { fillGenerated, hashPassword, readExpiry } from '../computed-fields';
import { Refusal, unexpected } from '../reply';
import type { Reply } from '../reply';
import { addDeclaredError, assignIds } from './assign-ids';
import type { Dangling, DeclaredEntity } from './declared-entity';
import { flattenErrors } from './flatten-errors';
import { readDocument } from './read-document';

export interface LoadedDocument {
  readonly store: EntityStore;
  /** The entities as they were before passwords were hashed, which the reply shows (seen). */
  readonly entities: readonly DeclaredEntity[];
}

/**
 * Makes the entities of a document. Nothing is kept where anything is wrong.
 *
 * @param flatten report errors by entity.
 * @throws Refusal 400 with what is wrong; 500 where a plugin points at nothing (seen).
 */
export function loadDocument(
  context: AdminContext,
  document: Readonly<Record<string, unknown>>,
  flatten: boolean,
): LoadedDocument {
  const { entities, errors } = readDocument(document, context.plugins);
  const byItem = (): ReadonlyMap<unknown, DeclaredEntity> =>
    new Map(entities.map((declared) => [declared.item, declared]));
  const fail = (found: SchemaErrors): Refusal =>
    flatten ? invalid(found, flattenErrors(document, found, byItem())) : invalid(found);
  if (errors) throw fail(errors);
  const linked = assignIds(entities, context.random);
  if (linked.errors) throw fail(linked.errors);
  const transforms = document._transform !== false;
  refuseDangling(linked.dangling, transforms && hasPasswords(entities), flatten, fail);
  return { store: makeStore(context, entities, transforms), entities };
}

function hasPasswords(entities: readonly DeclaredEntity[]): boolean {
  return entities.some(({ type }) => type.name === 'basicauth_credentials');
}

/**
 * Where there are passwords to hash Kong checks the document once more before it links it, and names
 * that mean nothing then show as schema errors. Otherwise they are found in linking: on a plugin that
 * is a 500, and with `flatten_errors` the finding gets lost. All seen.
 */
function refuseDangling(
  dangling: readonly Dangling[],
  checkedAgain: boolean,
  flatten: boolean,
  fail: (errors: SchemaErrors) => Refusal,
): void {
  const unnamed = dangling.filter(({ written }) => typeof written === 'string');
  if (checkedAgain && unnamed.length > 0) {
    const errors: SchemaErrors = {};
    for (const { declared, field } of unnamed) {
      addDeclaredError(errors, declared, { [field]: { id: 'missing primary key' } });
    }
    throw fail(errors);
  }
  if (dangling.some(({ declared }) => declared.type.name === 'plugins'))
    throw new Refusal(unexpected);
  if (dangling.length === 0) return;
  if (flatten) throw invalid({}, { flattened: [], rest: {} });
  const fields: Record<string, Record<string, string[]>> = {};
  for (const { declared, field, referenced, written } of dangling) {
    const shown = typeof written === 'string' ? written : JSON.stringify(written);
    const message = `invalid reference '${field}: ${shown}' (no such entry in '${referenced}')`;
    const ofType = (fields[declared.type.name] ??= {});
    (ofType[nameOf(declared)] ??= []).push(message);
  }
  throw invalid(fields);
}

function nameOf({ type, entity }: DeclaredEntity): string {
  const [field] = type.uniques.find((names) => names.length === 1) ?? [];
  const name = field === undefined ? undefined : entity[field];
  return typeof name === 'string' ? name : String(entity.id);
}

function invalid(
  errors: SchemaErrors,
  byEntity?: { readonly flattened: readonly unknown[]; readonly rest: SchemaErrors },
): Refusal {
  const fields = byEntity ? byEntity.rest : errors;
  const reply: Reply = {
    status: 400,
    body: {
      name: 'invalid declarative configuration',
      code: 14,
      message: `declarative config is invalid: ${formatLuaTable(fields)}`,
      fields,
      // Lua has one empty table, which prints as an object.
      ...(byEntity
        ? { flattened_errors: byEntity.flattened.length > 0 ? byEntity.flattened : {} }
        : {}),
    },
  };
  return new Refusal(reply);
}

/** @throws Refusal for a text that is no document. */
export function invalidText(error: string): Refusal {
  return invalid({ error });
}

function makeStore(
  context: AdminContext,
  entities: readonly DeclaredEntity[],
  transforms: boolean,
): EntityStore {
  const store = new EntityStore();
  const now = context.now() / 1000;
  for (const { type, entity } of entities) {
    const time = type.subSecondTimes ? Math.round(now * 1000) / 1000 : Math.floor(now);
    entity.created_at ??= time;
    if (type.schema.fields.has('updated_at')) entity.updated_at ??= time;
    fillGenerated(context, schemaOf(type, entity, context.plugins), entity);
    if (entity.ttl !== undefined) entity.ttl = readExpiry(context, entity);
    const kept = { ...entity, id: String(entity.id) } as KongEntity;
    store
      .of(type)
      .put(
        transforms && type.name === 'basicauth_credentials'
          ? { ...kept, password: hashPassword(kept) }
          : kept,
      );
  }
  return store;
}
