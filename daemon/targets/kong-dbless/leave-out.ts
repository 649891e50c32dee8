/** A state without what Kong refuses, and without what depends on it. Pure. */
import { sortEntities, type Entity, type KongState } from '../../kong/model';
import { equalContent } from '../../plan/compare-fields';
import { identityOf, type Identity } from '../../plan/dependants';
import type { LastValid } from './live-forms';

export interface Reduced {
  readonly state: KongState;
  /** Gone, with the entity that took each along; the refused ones themselves have none. */
  readonly out: ReadonlyMap<Identity, { readonly entity: Entity; readonly because?: Entity }>;
  /** Refused, and standing in their last valid form. */
  readonly keptBack: ReadonlyMap<Identity, Entity>;
}

/** All that does not come about as it was wanted. */
export function refusedOf({ out, keptBack }: Reduced): readonly Entity[] {
  return [...[...out.values()].map(({ entity }) => entity), ...keptBack.values()];
}

/**
 * @param lastValid what the node serves. An entity that is refused or loses what it refers to goes back
 *   to its form in there, if that is another one. What that needs and the state has no more comes back
 *   with it, and with the plugins on it: what was to follow did not come about.
 */
export function leaveOut(
  state: KongState,
  refused: ReadonlySet<Identity>,
  lastValid: LastValid,
): Reduced {
  const entities = new Map<Entity, Entity>(state.entities.map((entity) => [entity, entity]));
  const meant = meantBy(refused, state.entities);
  const standing = new Set<Identity>();
  for (const entity of state.entities) {
    if (meant.get(identityOf(entity)) !== entity) standing.add(identityOf(entity));
  }
  const present = new Set(state.entities.flatMap((each) => [identityOf(each), nameOf(each)]));
  const out = new Map<Identity, { entity: Entity; because?: Entity }>();
  const keptBack = new Map<Identity, Entity>();

  /** @returns whether all that the entity refers to stands. */
  function bringBackNeeds(entity: Entity): boolean {
    for (let need = missingIn(entity, standing); need; need = missingIn(entity, standing)) {
      const gone = lastValid.get(need);
      if (!gone || present.has(need) || present.has(nameOf(gone)) || !bringBackNeeds(gone)) {
        return false;
      }
      bringBack(gone);
      for (const other of lastValid.values()) {
        const isOnIt = other.type === 'plugins' && refersTo(other, need);
        if (isOnIt && !present.has(identityOf(other)) && !missingIn(other, standing)) {
          bringBack(other);
        }
      }
    }
    return true;
  }

  function bringBack(entity: Entity): void {
    entities.set(entity, entity);
    standing.add(identityOf(entity));
  }

  function drop(entity: Entity, because?: Entity): boolean {
    const identity = identityOf(entity);
    const previous = keptBack.has(identity) ? undefined : lastValid.get(identity);
    if (previous && !equalContent(previous, entity) && bringBackNeeds(previous)) {
      entities.set(entity, previous);
      keptBack.set(identity, entity);
      standing.add(identity);
      return false;
    }
    entities.delete(entity);
    out.set(identity, because ? { entity, because } : { entity });
    if (because) standing.delete(identity);
    return true;
  }

  let lost = new Map([...meant].filter(([, entity]) => drop(entity)));
  // One walk a level of dependence: there are four.
  while (lost.size > 0) {
    const next = new Map<Identity, Entity>();
    for (const [original, current] of [...entities]) {
      const missing = missingIn(current, standing);
      const because = missing === undefined ? undefined : lost.get(missing);
      if (because && drop(original, because)) next.set(identityOf(original), original);
    }
    lost = next;
  }
  return { state: { ...state, entities: sortEntities([...entities.values()]) }, out, keptBack };
}

/** Of entities under one identity the last is meant: the first may be live already, and stays. */
function meantBy(
  refused: ReadonlySet<Identity>,
  entities: readonly Entity[],
): ReadonlyMap<Identity, Entity> {
  const meant = new Map<Identity, Entity>();
  for (const entity of entities) {
    const identity = identityOf(entity);
    if (refused.has(identity)) meant.set(identity, entity);
  }
  return meant;
}

function nameOf({ type, key }: Entity): string {
  return `name ${type}/${key}`;
}

function refersTo({ references }: Entity, identity: Identity): boolean {
  return Object.values(references).some((each) => each && identityOf(each) === identity);
}

function missingIn(entity: Entity, standing: ReadonlySet<Identity>): Identity | undefined {
  for (const name in entity.references) {
    const reference = entity.references[name];
    if (reference === undefined) continue;
    const identity = identityOf(reference);
    if (!standing.has(identity)) return identity;
  }
  return undefined;
}
