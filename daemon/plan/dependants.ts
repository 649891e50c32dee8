/** Who falls with whom: the reference graph of a set of entities, walked backwards. */
import { entityKey, type Entity, type EntityReference } from '../kong/model';

/** `type/id` of an entity or of what a reference leads to. */
export type Identity = string;

export function identityOf(entity: Pick<Entity, 'type' | 'id'> | EntityReference): Identity {
  return entityKey(entity);
}

/**
 * All of `entities` that refer to one of `lost`, directly or through others, with the identity that
 * each depends on. What is in `lost` itself is not in the result. Costs one walk over the entities,
 * however many are lost.
 */
export function dependantsOf(
  lost: ReadonlySet<Identity>,
  entities: readonly Entity[],
): ReadonlyMap<Identity, { readonly entity: Entity; readonly needs: Identity }> {
  const found = new Map<Identity, { entity: Entity; needs: Identity }>();
  if (lost.size === 0) return found;
  const referrers = indexReferrers(entities);
  const queue = [...lost];
  for (let needs = queue.pop(); needs !== undefined; needs = queue.pop()) {
    for (const entity of referrers.get(needs) ?? []) {
      const identity = identityOf(entity);
      if (lost.has(identity) || found.has(identity)) continue;
      found.set(identity, { entity, needs });
      queue.push(identity);
    }
  }
  return found;
}

function indexReferrers(entities: readonly Entity[]): ReadonlyMap<Identity, readonly Entity[]> {
  const referrers = new Map<Identity, Entity[]>();
  for (const entity of entities) {
    for (const name in entity.references) {
      const reference = entity.references[name];
      if (reference === undefined) continue;
      const identity = identityOf(reference);
      const known = referrers.get(identity);
      if (known) known.push(entity);
      else referrers.set(identity, [entity]);
    }
  }
  return referrers;
}
