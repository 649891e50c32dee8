/** The form in which Kong gives entities back, with the way from it to what is sent. */
import { isDerived } from '../../kong/identity';
import type { Entity, EntityReference, JsonObject, KongState, Path } from '../../kong/model';
import { alignIds } from '../../plan/align-ids';
import { equalContent } from '../../plan/compare-fields';
import { identityOf, type Identity } from '../../plan/dependants';
import { autoPathsOf, isOpen, takeOver } from '../kong-http/auto-fields';
import { canonicalEntity, schemaOf } from '../kong-http/canonical-entity';
import type { KongSchemas, SchemaStore } from '../kong-http/schemas';
import { withoutUnset } from '../kong-http/unset-fields';
import { isCredential, storedSecret, type HeldSecrets } from './credential-secret';
import { withoutUnconfigured } from '../kong-http/unconfigured-fields';
import { withOwnTags, type OwnershipOptions } from './ownership';

export interface Canonicaliser {
  /**
   * As Kong would hold it beside `current`: what exists under the same name keeps its id.
   * @param known ids of what only the gateway has, by the identities of the references to it.
   */
  ofDesired(
    desired: KongState,
    current: KongState,
    known: ReadonlyMap<Identity, string>,
    signal: AbortSignal,
  ): Promise<KongState>;
  ofRead(entities: readonly Entity[], signal: AbortSignal): Promise<readonly Entity[]>;
  /** The id that the file gives, where the entity has another one at Kong. */
  idNotTaken(canonical: Entity): string | undefined;
  /** Whether it leaves something to Kong to make up. */
  isOpen(canonical: Entity): boolean;
  /** The entity with what Kong made up of what it left open. */
  withMadeUp(canonical: Entity, stored: JsonObject): Entity;
  /** The fields to send: sparse, as the user wrote them, since Kong fills in the rest. */
  fieldsToSend(canonical: Entity): JsonObject;
  noteVersion(version: string | undefined): void;
}

/**
 * Entities that are the same from pass to pass stay the same objects, which the diff passes over at
 * once; so what is made of one is remembered as long as it lives.
 */
export function createCanonicaliser(
  store: SchemaStore,
  ownership: () => OwnershipOptions,
): Canonicaliser {
  let filledOf = new WeakMap<Entity, Entity>();
  let placedOf = new WeakMap<Entity, Entity>();
  /** What the user wrote, by what was made of it. */
  const sourceOf = new WeakMap<Entity, Entity>();
  /** Whether somebody has chosen its id: told by hashes, and asked in every pass. */
  const isGiven = new WeakMap<Entity, boolean>();
  /** What Kong makes up of it, by what was made of it. */
  const autoOf = new WeakMap<Entity, readonly Path[]>();
  let knownVersion: string | undefined;

  async function fill(desired: KongState, signal: AbortSignal): Promise<readonly Entity[]> {
    const fresh = desired.entities.filter((entity) => !filledOf.has(entity));
    const made = new Map<Entity, Entity>();
    if (fresh.length > 0) {
      const schemas = await store.schemasFor({ ...desired, entities: fresh }, signal);
      for (const entity of fresh) {
        const filled = comparable(withOwnTags(entity, ownership()), schemas);
        sourceOf.set(filled, entity);
        const auto = autoPathsOf(filled, schemas);
        if (auto.length > 0) autoOf.set(filled, auto);
        made.set(entity, filled);
        // Without its schema it is not final: Kong may learn of the plugin later.
        if (schemaOf(entity, schemas)) filledOf.set(entity, filled);
      }
    }
    return desired.entities.map((entity) => filledOf.get(entity) ?? made.get(entity) ?? entity);
  }

  /** The filled entity with its id, its references and its secret as they will be at Kong. */
  function place(filled: Entity, ids: ReadonlyMap<Identity, string>, held: HeldSecrets): Entity {
    const id = ids.get(identityOf(filled)) ?? filled.id;
    const references = ids.size === 0 ? filled.references : moved(filled.references, ids);
    const secret = isCredential(filled) ? storedSecret(filled, id, references, held) : undefined;
    const auto = autoOf.get(filled);
    const given = secret ? { ...filled.fields, ...secret } : filled.fields;
    const fields = auto ? takeOver(given, held.get(`${filled.type}/${id}`), auto) : given;
    if (id === filled.id && references === filled.references && fields === filled.fields) {
      return filled;
    }
    const placed = { ...filled, id, references, fields };
    const known = placedOf.get(filled);
    if (known && equalContent(known, placed) && known.id === id) return known;
    placedOf.set(filled, inherit(filled, placed));
    return placed;
  }

  function inherit(from: Entity, to: Entity): Entity {
    const source = sourceOf.get(from);
    const auto = autoOf.get(from);
    if (source) sourceOf.set(to, source);
    if (auto) autoOf.set(to, auto);
    return to;
  }

  return {
    async ofDesired(desired, current, known, signal) {
      const entities = await fill(desired, signal);
      const filled = { ...desired, entities };
      const ids = alignIds(current, filled, known);
      const made = new Set(entities.filter((entity) => autoOf.has(entity)).map(({ type }) => type));
      const held = new Map(
        current.entities
          .filter((entity) => isCredential(entity) || made.has(entity.type))
          .map((entity) => [identityOf(entity), entity.fields]),
      );
      return { ...filled, entities: entities.map((entity) => place(entity, ids, held)) };
    },
    async ofRead(entities, signal) {
      const state = { entities, passthrough: {}, selectTags: [] };
      const schemas = await store.schemasFor(state, signal);
      return entities.map((entity) => comparable(entity, schemas));
    },
    idNotTaken(canonical) {
      const source = sourceOf.get(canonical);
      if (!source || source.id === canonical.id) return undefined;
      const given = isGiven.get(source) ?? !isDerived(source);
      isGiven.set(source, given);
      return given ? source.id : undefined;
    },
    isOpen: (canonical) => isOpen(canonical.fields, autoOf.get(canonical) ?? []),
    withMadeUp(canonical, stored) {
      const fields = takeOver(canonical.fields, stored, autoOf.get(canonical) ?? []);
      return fields === canonical.fields ? canonical : inherit(canonical, { ...canonical, fields });
    },
    fieldsToSend(canonical) {
      const source = sourceOf.get(canonical);
      const sent = withoutUnset(source ? withOwnTags(source, ownership()) : canonical);
      // Left out once more, Kong would make up another one.
      return takeOver(sent, canonical.fields, autoOf.get(canonical) ?? []);
    },
    noteVersion(version) {
      store.noteVersion(version);
      if (version === undefined || version === knownVersion) return;
      knownVersion = version;
      filledOf = new WeakMap();
      placedOf = new WeakMap();
    },
  };
}

function comparable(entity: Entity, schemas: KongSchemas): Entity {
  const fields = withoutUnconfigured(entity.type, entity.fields);
  return canonicalEntity(fields === entity.fields ? entity : { ...entity, fields }, schemas);
}

function moved(
  references: Entity['references'],
  ids: ReadonlyMap<Identity, string>,
): Entity['references'] {
  let out: Record<string, EntityReference> | undefined;
  for (const [name, reference] of Object.entries(references)) {
    const id = reference && ids.get(identityOf(reference));
    if (reference && id !== undefined) (out ??= {})[name] = { ...reference, id };
  }
  return out ? { ...references, ...out } : references;
}
