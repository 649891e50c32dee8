/** The form in which a node gives entities back, with the way from it to what is sent. */
import { createHash } from 'node:crypto';

import type { Entity, KongState } from '../../kong/model';
import { canonicalEntity, schemaOf } from '../kong-http/canonical-entity';
import type { KongClient } from '../kong-http/client';
import { createSchemaStore } from '../kong-http/schemas';
import type { EncodeOptions } from './push-document';

export interface Canonicaliser {
  ofDesired(desired: KongState, signal: AbortSignal): Promise<KongState>;
  ofRead(read: KongState, signal: AbortSignal): Promise<KongState>;
  /** How to send a state: sparse, as the user wrote it, where it is the user's. */
  encoding(state: KongState): EncodeOptions;
  noteVersion(version: string | undefined): void;
}

export function createCanonicaliser(client: KongClient, now: () => number): Canonicaliser {
  const store = createSchemaStore(client, now);
  /** Unchanged entities stay the same objects from pass to pass, which the diff passes over at once. */
  let canonicalOf = new WeakMap<Entity, Entity>();
  const sparseOf = new WeakMap<Entity, Entity>();
  const readBack = new WeakSet<Entity>();
  let knownVersion: string | undefined;

  return {
    async ofDesired(desired, signal) {
      const fresh = desired.entities.filter((entity) => !canonicalOf.has(entity));
      if (fresh.length === 0) return withEntities(desired, (entity) => canonicalOf.get(entity));
      const schemas = await store.schemasFor({ ...desired, entities: fresh }, signal);
      const hash = desired.passthrough['_transform'] !== false;
      const made = new Map<Entity, Entity>();
      for (const entity of fresh) {
        const filled = canonicalEntity(entity, schemas);
        const canonical = hash ? withHashedPassword(filled) : filled;
        sparseOf.set(canonical, entity);
        made.set(entity, canonical);
        // Without its schema it is not final: Kong may learn of the plugin later.
        if (schemaOf(entity, schemas)) canonicalOf.set(entity, canonical);
      }
      return withEntities(desired, (entity) => canonicalOf.get(entity) ?? made.get(entity));
    },
    async ofRead(read, signal) {
      const schemas = await store.schemasFor(read, signal);
      return withEntities(read, (entity) => {
        const canonical = canonicalEntity(entity, schemas);
        readBack.add(canonical);
        return canonical;
      });
    },
    encoding(state) {
      // Of a password that was read back only the hash is known, and Kong would hash it once more.
      const hashed = state.entities.some((entity) => hasPassword(entity) && readBack.has(entity));
      const sparse = (entity: Entity) =>
        hashed && hasPassword(entity) ? entity : (sparseOf.get(entity) ?? entity);
      return { hashed, sparse };
    },
    noteVersion(version) {
      store.noteVersion(version);
      if (version === undefined || version === knownVersion) return;
      knownVersion = version;
      canonicalOf = new WeakMap();
    },
  };
}

/** Kong stores the hash of a password, salted with the id of its consumer. */
function withHashedPassword(entity: Entity): Entity {
  const { password } = entity.fields;
  if (!hasPassword(entity) || typeof password !== 'string') return entity;
  const salted = `${password}${entity.references['consumer']?.id ?? ''}`;
  const hash = createHash('sha1').update(salted).digest('hex');
  return { ...entity, fields: { ...entity.fields, password: hash } };
}

function hasPassword(entity: Entity): boolean {
  return entity.type === 'basicauth_credentials';
}

function withEntities(state: KongState, map: (entity: Entity) => Entity | undefined): KongState {
  return { ...state, entities: state.entities.map((entity) => map(entity) ?? entity) };
}
