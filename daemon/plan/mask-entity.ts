/** An entity as output may show it. */
import type { Entity, JsonObject, Path } from '../kong/model';
import { maskFields, type KnownSecrets } from '../kong/secrets';

export { masked, secretPathsOf, secretValuesOf } from '../kong/secrets';

/**
 * `id`, fields and references in the shape of Kong's Admin API, secrets replaced.
 * @param also further secret paths: of an entity as a gateway holds it nobody knows which value came
 *   from the environment, but of its counterpart in the user's file one does.
 */
export function maskEntity(entity: Entity, also: readonly Path[], known: KnownSecrets): JsonObject {
  const references = Object.entries(entity.references).flatMap(([name, reference]) =>
    reference ? [[name, { id: reference.id }] as const] : [],
  );
  return {
    id: entity.id,
    ...maskFields(entity, { also, known }),
    ...Object.fromEntries(references),
  };
}
