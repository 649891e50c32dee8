import type { KongEntity } from '../config-view';
import { entityTypes } from '../entities/entity-types';
import type { EntityType } from '../entities/entity-types';
import { Collection } from './collection';

/** All entities of a node. It keeps what it is given: checks are its callers' work. */
export class EntityStore {
  private readonly collections = new Map<string, Collection>(
    [...entityTypes].map(([name, type]) => [name, new Collection(type)]),
  );

  of(type: EntityType | string): Collection {
    const name = typeof type === 'string' ? type : type.name;
    const collection = this.collections.get(name);
    if (!collection) throw new Error(`no entity type '${name}'`);
    return collection;
  }

  all(): IterableIterator<Collection> {
    return this.collections.values();
  }

  /**
   * Removes an entity with all that cascades from it.
   *
   * @returns the type whose entities point at it and do not cascade: then nothing was removed.
   */
  remove(type: EntityType, entity: KongEntity): EntityType | undefined {
    const holder = this.findHolder(type, entity.id);
    if (holder) return holder;
    for (const [collection, field] of this.pointersAt(type, true)) {
      for (const id of [...collection.childIds(field, entity.id)]) {
        const child = collection.get(id);
        if (child) this.remove(collection.type, child);
      }
    }
    this.of(type).remove(entity);
    return undefined;
  }

  private findHolder(type: EntityType, id: string): EntityType | undefined {
    for (const [collection, field] of this.pointersAt(type, false)) {
      if (collection.childIds(field, id).size > 0) return collection.type;
    }
    return undefined;
  }

  private *pointersAt(type: EntityType, cascading: boolean): Generator<[Collection, string]> {
    for (const collection of this.collections.values()) {
      for (const foreign of collection.type.foreigns) {
        if (foreign.type === type.name && foreign.cascades === cascading) {
          yield [collection, foreign.field];
        }
      }
    }
  }
}
