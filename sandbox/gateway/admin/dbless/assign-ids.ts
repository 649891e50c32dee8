import type { EntityType } from '../../entities/entity-types';
import { deriveId } from '../../entities/derive-id';
import { isRecord } from '../../entities/fill-defaults';
import type { EntityDraft } from '../../entities/fill-defaults';
import { isErrorList, isErrorTree, setElementError } from '../../entities/schema-errors';
import type { SchemaErrorList, SchemaErrors } from '../../entities/schema-errors';
import { referencedId } from '../../store/collection';
import type { Randomness } from '../admin-options';
import type { Dangling, DeclaredEntity } from './declared-entity';

export interface Linked {
  /** Entities declared twice; then nothing else is to be looked at. */
  readonly errors?: SchemaErrors;
  readonly dangling: readonly Dangling[];
}

/** Types that point at nothing (or at certificates alone) come before those that point at them. */
const order: readonly (readonly string[])[] = [
  ['certificates', 'ca_certificates', 'vaults', 'key_sets', 'consumers'],
  ['services', 'upstreams', 'snis', 'keys'],
  ['routes', 'targets'],
];

/**
 * Gives every entity its id and its references their ids, in place, and finds what is declared twice and
 * what points at nothing.
 */
export function assignIds(entities: readonly DeclaredEntity[], random: Randomness): Linked {
  const index = new DeclarationIndex();
  const errors: SchemaErrors = {};
  const dangling: Dangling[] = [];
  const ranks = new Map(order.flatMap((names, rank) => names.map((name) => [name, rank] as const)));
  const ranked = entities
    .map((declared, at) => ({ declared, rank: ranks.get(declared.type.name) ?? order.length, at }))
    .sort((left, right) => left.rank - right.rank || left.at - right.at);
  for (const { declared } of ranked) {
    link(declared, index, dangling);
    declared.entity.id = makeId(declared, random);
    const message = index.add(declared);
    if (message !== undefined) addDeclaredError(errors, declared, message);
  }
  return Object.keys(errors).length > 0 ? { errors, dangling } : { dangling };
}

class DeclarationIndex {
  private readonly byId = new Map<string, DeclaredEntity>();
  private readonly byKey = new Map<string, DeclaredEntity>();

  /** The sentence about an entity that is there already, by key first. */
  add(declared: DeclaredEntity): string | undefined {
    const { type, entity } = declared;
    const violation = `uniqueness violation: '${type.name}' entity with`;
    for (const fields of type.uniques) {
      const [field] = fields;
      const value = field === undefined ? undefined : entity[field];
      if (fields.length > 1 || field === undefined || typeof value !== 'string') continue;
      const key = `${type.name} ${field} ${value}`;
      if (this.byKey.has(key)) return `${violation} ${field} set to '${value}' already declared`;
      this.byKey.set(key, declared);
    }
    const id = `${type.name} ${String(entity.id)}`;
    if (this.byId.has(id)) {
      return `${violation} primary key set to '${String(entity.id)}' already declared`;
    }
    this.byId.set(id, declared);
    return undefined;
  }

  /** The id a written reference means, if there is such an entity. */
  resolve(type: string, endpointKey: string, written: string): string | undefined {
    if (this.byId.has(`${type} ${written.toLowerCase()}`)) return written.toLowerCase();
    const id = this.byKey.get(`${type} ${endpointKey} ${written}`)?.entity.id;
    return typeof id === 'string' ? id : undefined;
  }
}

function link(declared: DeclaredEntity, index: DeclarationIndex, dangling: Dangling[]): void {
  const { type, entity, parent, references } = declared;
  if (parent) entity[parent.field] = { id: String(parent.declared.entity.id) };
  for (const { field, type: referenced } of type.foreigns) {
    if (parent?.field === field) continue;
    const written = references.get(field);
    if (written === undefined) continue;
    const text = typeof written === 'string' ? written : idOf(written);
    const endpointKey = referenced === 'consumers' ? 'username' : 'name';
    const id = index.resolve(referenced, endpointKey, text);
    if (id === undefined) dangling.push({ declared, field, referenced, written });
    // What is not found stays as written: the derived id shows it (seen).
    entity[field] = { id: id ?? text };
  }
}

function idOf(reference: unknown): string {
  return isRecord(reference) && typeof reference.id === 'string' ? reference.id : '';
}

function makeId(declared: DeclaredEntity, random: Randomness): string {
  const { type, entity } = declared;
  if (typeof entity.id === 'string') return entity.id.toLowerCase();
  return deriveEntityId(type, entity) ?? random.id();
}

/** Keys and tokens have no derived id: Kong makes a new one at each load (seen). */
function deriveEntityId(type: EntityType, entity: EntityDraft): string | undefined {
  const { idFrom } = type;
  if (!idFrom) return undefined;
  const [only] = idFrom;
  if (idFrom.length === 1 && only !== undefined) {
    const value = entity[only];
    return typeof value === 'string' ? deriveId(type.name, value) : undefined;
  }
  const parts = idFrom
    .filter((field) => field !== '*')
    .map((field) => referencedId(entity, field) ?? scalar(entity[field]));
  return deriveId(type.name, [type.name, '*', ...parts].join(':'));
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Puts the sentence where Kong does: below the parent's list and place, which is the place in the
 * parent's own list; for what has no derived id at the top.
 */
export function addDeclaredError(
  errors: SchemaErrors,
  declared: DeclaredEntity,
  message: string | SchemaErrors,
): void {
  const { type, parent, index } = declared;
  let at = errors;
  if (parent && type.idFrom) {
    const list = listAt(errors, parent.declared.type.name);
    const entry = list[parent.declared.index];
    at = isErrorTree(entry) ? entry : {};
    setElementError(list, parent.declared.index, at);
  }
  setElementError(listAt(at, type.name), index, message);
}

function listAt(errors: SchemaErrors, name: string): SchemaErrorList {
  const present = errors[name];
  if (isErrorList(present)) return present;
  const list: SchemaErrorList = [];
  errors[name] = list;
  return list;
}
