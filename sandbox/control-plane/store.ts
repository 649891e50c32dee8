import { kindByType } from './kinds';
import type { Json, Labels, StoredResource } from './resource';
import { SortedMap } from './sorted-map';

/** What happened to one resource. `previous` is absent on a creation, `current` on a deletion. */
export interface ResourceChange {
  readonly type: string;
  readonly mesh: string;
  readonly name: string;
  readonly previous?: StoredResource;
  readonly current?: StoredResource;
}

export type ChangeListener = (change: ResourceChange) => void;

export interface ResourceWrite {
  readonly type: string;
  readonly mesh?: string;
  readonly name: string;
  readonly labels: Labels;
  readonly fields: Json;
}

/** The in-memory store: one sorted collection per kind and mesh; listeners are told of every change. */
export class ResourceStore {
  readonly #collections = new Map<string, SortedMap<StoredResource>>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #now: () => Date;
  #version = 0;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** The collection of a kind in a mesh (`''` for kinds without one); empty where nothing was written. */
  collection(type: string, mesh = ''): SortedMap<StoredResource> {
    const key = `${type}/${mesh}`;
    let found = this.#collections.get(key);
    if (!found) {
      found = new SortedMap();
      this.#collections.set(key, found);
    }
    return found;
  }

  get(type: string, mesh: string, name: string): StoredResource | undefined {
    return this.collection(type, mesh).get(name);
  }

  meshes(): readonly string[] {
    return this.collection('Mesh').keys();
  }

  /** Creates or replaces. The modification time moves even where nothing differs, as upstream. */
  write(write: ResourceWrite): StoredResource {
    const mesh = kindByType(write.type).scope === 'mesh' ? (write.mesh ?? 'default') : '';
    const collection = this.collection(write.type, mesh);
    const previous = collection.get(write.name);
    const time = this.#now().toISOString();
    const current: StoredResource = {
      type: write.type,
      ...(mesh ? { mesh } : {}),
      name: write.name,
      labels: write.labels,
      fields: write.fields,
      creationTime: previous?.creationTime ?? time,
      modificationTime: time,
      version: ++this.#version,
    };
    collection.set(write.name, current);
    this.#tell({
      type: write.type,
      mesh,
      name: write.name,
      ...(previous && { previous }),
      current,
    });
    return current;
  }

  delete(type: string, mesh: string, name: string): boolean {
    const collection = this.collection(type, mesh);
    const previous = collection.get(name);
    if (!previous) return false;
    collection.delete(name);
    this.#tell({ type, mesh, name, previous });
    return true;
  }

  /** Calls `listener` after every change, synchronously. Returns the way to stop that. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: ResourceChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
