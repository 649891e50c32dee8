/** The form in which a node gives entities back, with the way from it to what is sent. */
import { createHash } from 'node:crypto';

import type { Entity, KongState, Path } from '../../kong/model';
import { identityOf } from '../../plan/dependants';
import { autoPathsOf, isOpen, takeOver } from '../kong-http/auto-fields';
import { canonicalEntity, schemaOf } from '../kong-http/canonical-entity';
import { equalJson } from '../../plan/compare-fields';
import { withoutUnconfigured } from '../kong-http/unconfigured-fields';
import type { KongClient } from '../kong-http/client';
import { createSchemaStore } from '../kong-http/schemas';
import type { EncodeOptions } from './push-document';

export interface Canonicaliser {
  /** @param held what the node holds: asked for only where Kong makes something up. */
  ofDesired(
    desired: KongState,
    held: () => Promise<KongState | undefined>,
    signal: AbortSignal,
  ): Promise<KongState>;
  /** Whether something of it was made up by Kong before. */
  isMadeUp(canonical: KongState): boolean;
  /** Whether Kong makes something up of it: another value at each load. */
  isOpen(canonical: KongState): boolean;
  /** The state with what the node has made up. */
  withMadeUp(canonical: KongState, held: KongState): KongState;
  ofRead(read: KongState, signal: AbortSignal): Promise<KongState>;
  /**
   * How to send a state: sparse, as the user wrote it, where it is the user's.
   * @param asWritten without what Kong made up before.
   */
  encoding(state: KongState, asWritten?: boolean): EncodeOptions;
  noteVersion(version: string | undefined): void;
}

export function createCanonicaliser(client: KongClient, now: () => number): Canonicaliser {
  const store = createSchemaStore(client, now);
  /** Unchanged entities stay the same objects from pass to pass, which the diff passes over at once. */
  let canonicalOf = new WeakMap<Entity, Entity>();
  const sparseOf = new WeakMap<Entity, Entity>();
  const readBack = new WeakSet<Entity>();
  const autoOf = new WeakMap<Entity, readonly Path[]>();
  /** By the entity that left something open, so that it stays the same object while nothing changes. */
  const madeUpOf = new WeakMap<Entity, Entity>();
  const writtenOf = new WeakMap<Entity, Entity>();
  let knownVersion: string | undefined;

  async function fill(desired: KongState, signal: AbortSignal): Promise<KongState> {
    const fresh = desired.entities.filter((entity) => !canonicalOf.has(entity));
    if (fresh.length === 0) return withEntities(desired, (entity) => canonicalOf.get(entity));
    const schemas = await store.schemasFor({ ...desired, entities: fresh }, signal);
    const hash = desired.passthrough['_transform'] !== false;
    const made = new Map<Entity, Entity>();
    for (const entity of fresh) {
      const filled = canonicalEntity(configured(entity), schemas);
      const canonical = hash ? withHashedPassword(filled) : filled;
      sparseOf.set(canonical, entity);
      const auto = autoPathsOf(canonical, schemas);
      if (auto.length > 0) autoOf.set(canonical, auto);
      made.set(entity, canonical);
      // Without its schema it is not final: Kong may learn of the plugin later.
      if (schemaOf(entity, schemas)) canonicalOf.set(entity, canonical);
    }
    return withEntities(desired, (entity) => canonicalOf.get(entity) ?? made.get(entity));
  }

  const isOpenEntity = (entity: Entity) => isOpen(entity.fields, autoOf.get(entity) ?? []);

  function withMadeUp(canonical: KongState, held: KongState): KongState {
    const open = new Set(canonical.entities.filter(isOpenEntity).map(identityOf));
    const there = new Map(
      held.entities.filter((entity) => open.has(identityOf(entity))).map((e) => [identityOf(e), e]),
    );
    return withEntities(canonical, (entity) => {
      const auto = autoOf.get(entity);
      const from = there.get(identityOf(entity));
      if (!auto || !from) return undefined;
      const fields = takeOver(entity.fields, from.fields, auto);
      const known = madeUpOf.get(entity);
      if (known && equalJson(known.fields, fields)) return known;
      const made = { ...entity, fields };
      const sparse = sparseOf.get(entity) ?? entity;
      writtenOf.set(made, sparse);
      sparseOf.set(made, { ...sparse, fields: takeOver(sparse.fields, from.fields, auto) });
      autoOf.set(made, auto);
      madeUpOf.set(entity, made);
      return made;
    });
  }

  return {
    async ofDesired(desired, held, signal) {
      const filled = await fill(desired, signal);
      if (!filled.entities.some(isOpenEntity)) return filled;
      const there = await held();
      return there ? withMadeUp(filled, there) : filled;
    },
    isMadeUp: ({ entities }) => entities.some((entity) => writtenOf.has(entity)),
    isOpen: ({ entities }) => entities.some(isOpenEntity),
    withMadeUp,
    async ofRead(read, signal) {
      const schemas = await store.schemasFor(read, signal);
      return withEntities(read, (entity) => {
        const canonical = canonicalEntity(configured(entity), schemas);
        readBack.add(canonical);
        return canonical;
      });
    },
    encoding(state, asWritten = false) {
      // Of a password that was read back only the hash is known, and Kong would hash it once more.
      const hashed = state.entities.some((entity) => hasPassword(entity) && readBack.has(entity));
      const sparse = (entity: Entity) =>
        hashed && hasPassword(entity)
          ? entity
          : ((asWritten ? writtenOf.get(entity) : undefined) ?? sparseOf.get(entity) ?? entity);
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

function configured(entity: Entity): Entity {
  const fields = withoutUnconfigured(entity.type, entity.fields);
  return fields === entity.fields ? entity : { ...entity, fields };
}

function hasPassword(entity: Entity): boolean {
  return entity.type === 'basicauth_credentials';
}

function withEntities(state: KongState, map: (entity: Entity) => Entity | undefined): KongState {
  return { ...state, entities: state.entities.map((entity) => map(entity) ?? entity) };
}
