/** Objects under one counter of versions, with the events that led here. */
import { keyOf, type KubeObject } from './kube-object';
import type { ResourceType } from './resource-types';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceType;
  readonly version: number;
  /** As after the change; of a deleted one the last state with the version of its end. */
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

export class ObjectStore {
  readonly #objects = new Map<ResourceType, Map<string, KubeObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #events: StoreEvent[] = [];
  #version = 0;
  #compacted = 0;

  /** Of the newest change. */
  get version(): number {
    return this.#version;
  }

  /** Watches and pages from before this version are gone. */
  get compacted(): number {
    return this.#compacted;
  }

  get(resource: ResourceType, key: string): KubeObject | undefined {
    return this.#of(resource).get(key);
  }

  /** Keeps the version that a recorded object bears; any other gets the next one. */
  put(resource: ResourceType, given: KubeObject, recorded = false): KubeObject {
    const key = keyOf(given);
    const previous = this.get(resource, key);
    const version = recorded ? Number(given.metadata.resourceVersion) : this.#version + 1;
    this.#version = Math.max(this.#version, version);
    const metadata = {
      ...given.metadata,
      uid: given.metadata.uid ?? previous?.metadata.uid ?? `uid-${version}`,
      resourceVersion: String(version),
      creationTimestamp:
        given.metadata.creationTimestamp ??
        previous?.metadata.creationTimestamp ??
        '2026-01-01T00:00:00Z',
    };
    const object = { ...given, metadata };
    this.#of(resource).set(key, object);
    const type = previous ? 'MODIFIED' : 'ADDED';
    this.#emit({ type, resource, version, object, ...(previous ? { previous } : {}) });
    return object;
  }

  delete(resource: ResourceType, key: string): KubeObject | undefined {
    const previous = this.get(resource, key);
    if (!previous) return undefined;
    const version = ++this.#version;
    const metadata = { ...previous.metadata, resourceVersion: String(version) };
    this.#of(resource).delete(key);
    const object = { ...previous, metadata };
    this.#emit({ type: 'DELETED', resource, version, object, previous });
    return object;
  }

  /** Counts on without a change, as an apiserver does for kinds that are not served here. */
  advance(version: number): void {
    this.#version = Math.max(this.#version, version);
  }

  /** Sorted by key, as they were at a version: undone from now, event by event. */
  list(resource: ResourceType, atVersion = this.#version): readonly KubeObject[] {
    const objects = new Map(this.#of(resource));
    for (const event of this.#events.toReversed()) {
      if (event.version <= atVersion) break;
      if (event.resource !== resource) continue;
      if (event.previous) objects.set(keyOf(event.object), event.previous);
      else objects.delete(keyOf(event.object));
    }
    return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** What came after a version that is not compacted. */
  eventsAfter(resource: ResourceType, version: number): readonly StoreEvent[] {
    return this.#events.filter((event) => event.resource === resource && event.version > version);
  }

  /** Forgets events up to now. */
  compact(): void {
    this.#compacted = this.#version;
    this.#events = [];
  }

  listen(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #of(resource: ResourceType): Map<string, KubeObject> {
    let objects = this.#objects.get(resource);
    if (!objects) {
      objects = new Map<string, KubeObject>();
      this.#objects.set(resource, objects);
    }
    return objects;
  }

  #emit(event: StoreEvent): void {
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}
