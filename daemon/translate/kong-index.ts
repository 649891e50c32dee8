/** A configuration with the few questions that links ask of it answered in constant time. */
import type { Entity, EntityType } from '../kong/model';

export interface KongIndex {
  /** In the order of `KongState.entities`. */
  readonly entities: readonly Entity[];
  ofType(type: EntityType): readonly Entity[];
  /** The entity that a reference field points at. */
  referred(entity: Entity, field: 'service' | 'route'): Entity | undefined;
  routesOf(service: Entity): readonly Entity[];
  hasUpstream(name: string): boolean;
  /** In lower case. */
  readonly upstreams: ReadonlySet<string>;
}

/**
 * @param entities sorted as `KongState.entities`.
 * @param otherUpstreams names of upstreams at the gateway that are not among them.
 */
export function indexKong(
  entities: readonly Entity[],
  otherUpstreams: readonly string[] = [],
): KongIndex {
  const byType = new Map<EntityType, Entity[]>();
  const services = new Map<string, Entity>();
  const routes = new Map<string, Entity>();
  const routesByService = new Map<string, Entity[]>();
  const upstreams = new Set(otherUpstreams.map((name) => name.toLowerCase()));
  for (const entity of entities) {
    append(byType, entity.type, entity);
    if (entity.type === 'services') services.set(entity.id, entity);
    if (entity.type === 'upstreams') upstreams.add(nameOf(entity).toLowerCase());
    if (entity.type !== 'routes') continue;
    routes.set(entity.id, entity);
    const service = entity.references['service'];
    if (service) append(routesByService, service.id, entity);
  }
  return {
    entities,
    ofType: (type) => byType.get(type) ?? [],
    referred(entity, field) {
      const id = entity.references[field]?.id;
      if (id === undefined) return undefined;
      return field === 'service' ? services.get(id) : routes.get(id);
    },
    routesOf: (service) => routesByService.get(service.id) ?? [],
    upstreams,
    hasUpstream: (name) => upstreams.has(name.toLowerCase()),
  };
}

/** The name of an entity that Kong tells apart by name, else its key. */
export function nameOf(entity: Entity): string {
  const name = entity.fields['name'];
  return typeof name === 'string' ? name : entity.key;
}

function append<K>(map: Map<K, Entity[]>, key: K, entity: Entity): void {
  const list = map.get(key);
  if (list) list.push(entity);
  else map.set(key, [entity]);
}
