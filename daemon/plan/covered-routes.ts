/**
 * Routes and the plugins that are meant for them. A route that is new goes live with all plugins on it
 * and on its service, or not at all: without its authentication it would be open to everybody, and
 * nobody here can tell an authentication from a mere convenience. A route that is live already stays,
 * and so do others where a plugin for all routes is refused: one bad entity must not hold up all.
 */
import type { Entity, EntityReference } from '../kong/model';
import { identityOf, type Identity } from './dependants';

/** The route or service that a plugin is on; undefined for all others, and for other entities. */
export function scopeOf({
  type,
  references,
}: Pick<Entity, 'type' | 'references'>): EntityReference | undefined {
  return type === 'plugins' ? (references['route'] ?? references['service']) : undefined;
}

/** What `scopes` holds for a route or for its service; undefined where it is no route. */
export function coveredBy<T>(route: Entity, scopes: ReadonlyMap<Identity, T>): T | undefined {
  if (route.type !== 'routes' || scopes.size === 0) return undefined;
  const { service } = route.references;
  return scopes.get(identityOf(route)) ?? (service && scopes.get(identityOf(service)));
}
