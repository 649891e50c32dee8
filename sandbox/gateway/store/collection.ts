import type { KongEntity } from '../config-view';
import type { EntityType, Foreign } from '../entities/entity-types';
import { isRecord } from '../entities/fill-defaults';
import { SortedIds } from './sorted-ids';

/** The entities of one type, indexed by id, by what is unique and by what they point at. */
export class Collection {
  private readonly byId = new Map<string, KongEntity>();
  private readonly ids = new SortedIds();
  /** One index for each set of unique fields: joined values to id. */
  private readonly uniqueIndexes: readonly Map<string, string>[];
  /** For each foreign field: id pointed at to ids that point. */
  private readonly childIndexes: ReadonlyMap<string, Map<string, Set<string>>>;

  constructor(readonly type: EntityType) {
    this.uniqueIndexes = type.uniques.map(() => new Map<string, string>());
    this.childIndexes = new Map(
      type.foreigns.map(({ field }) => [field, new Map<string, Set<string>>()]),
    );
  }

  get size(): number {
    return this.byId.size;
  }

  get(id: string): KongEntity | undefined {
    return this.byId.get(id);
  }

  values(): IterableIterator<KongEntity> {
    return this.byId.values();
  }

  /** Entities by id, those behind the given id only. */
  *after(id?: string): Generator<KongEntity> {
    for (const next of this.ids.after(id)) {
      const entity = this.byId.get(next);
      if (entity) yield entity;
    }
  }

  /** The entity that holds these unique values, by one set of unique fields of the type. */
  findUnique(
    fields: readonly string[],
    entity: Readonly<Record<string, unknown>>,
  ): KongEntity | undefined {
    const index = this.uniqueIndexes[this.type.uniques.indexOf(fields)];
    const key = uniqueKey(fields, entity);
    const id = key === undefined ? undefined : index?.get(key);
    return id === undefined ? undefined : this.byId.get(id);
  }

  /** The entity whose one unique field has that value. */
  findBy(field: string, value: string): KongEntity | undefined {
    const fields = this.type.uniques.find((names) => names.length === 1 && names[0] === field);
    return fields ? this.findUnique(fields, { [field]: value }) : undefined;
  }

  /** Ids of the entities whose foreign field points at that id, in the order they came. */
  childIds(field: string, parentId: string): ReadonlySet<string> {
    return this.childIndexes.get(field)?.get(parentId) ?? noIds;
  }

  /** Puts an entity, in place of the one with its id where there is one. */
  put(entity: KongEntity): void {
    const old = this.byId.get(entity.id);
    if (old) this.unindex(old);
    else this.ids.add(entity.id);
    this.byId.set(entity.id, entity);
    this.index(entity);
  }

  remove(entity: KongEntity): void {
    if (!this.byId.delete(entity.id)) return;
    this.ids.delete(entity.id);
    this.unindex(entity);
  }

  private index(entity: KongEntity): void {
    this.type.uniques.forEach((fields, at) => {
      const key = uniqueKey(fields, entity);
      if (key !== undefined) this.uniqueIndexes[at]?.set(key, entity.id);
    });
    for (const { field } of this.type.foreigns) {
      const parentId = referencedId(entity, field);
      if (parentId === undefined) continue;
      const index = this.childIndexes.get(field);
      const children = index?.get(parentId);
      if (children) children.add(entity.id);
      else index?.set(parentId, new Set([entity.id]));
    }
  }

  private unindex(entity: KongEntity): void {
    this.type.uniques.forEach((fields, at) => {
      const key = uniqueKey(fields, entity);
      const index = this.uniqueIndexes[at];
      if (key !== undefined && index?.get(key) === entity.id) index.delete(key);
    });
    for (const { field } of this.type.foreigns) {
      const parentId = referencedId(entity, field);
      if (parentId === undefined) continue;
      const index = this.childIndexes.get(field);
      const children = index?.get(parentId);
      children?.delete(entity.id);
      if (children?.size === 0) index?.delete(parentId);
    }
  }
}

const noIds: ReadonlySet<string> = new Set();

/** The id a foreign field points at. */
export function referencedId(
  entity: Readonly<Record<string, unknown>>,
  field: Foreign['field'],
): string | undefined {
  const reference = entity[field];
  return isRecord(reference) && typeof reference.id === 'string' ? reference.id : undefined;
}

/** Joined values; nothing where a single field is unset, or all of several are. */
function uniqueKey(
  fields: readonly string[],
  entity: Readonly<Record<string, unknown>>,
): string | undefined {
  const values = fields.map((field) => {
    const value = entity[field];
    return isRecord(value) ? value.id : value;
  });
  if (values.every((value) => value === null || value === undefined)) return undefined;
  return values.map((value) => (typeof value === 'string' ? value : '')).join('\n');
}
