import type { KongEntity } from '../config-view';
import { schemaViolation } from '../entities/error-bodies';
import { referencedId } from '../store/collection';
import type { AdminContext } from './admin-context';
import { refuse } from './reply';

/**
 * A plugin must share a protocol with the route that it is on, or with one of the routes of its
 * service. Kong checks it entity by entity only: a declarative document is loaded without (source:
 * `kong/db/dao/plugins.lua`).
 *
 * @throws Refusal 400 as Kong words it.
 */
export function checkProtocols(context: AdminContext, plugin: KongEntity): void {
  if (!Array.isArray(plugin.protocols)) return;
  const spoken = new Set<unknown>(plugin.protocols);
  const shares = ({ protocols }: KongEntity): boolean =>
    Array.isArray(protocols) && protocols.some((protocol) => spoken.has(protocol));
  const routes = context.store.of('routes');
  const routeId = referencedId(plugin, 'route');
  const serviceId = referencedId(plugin, 'service');
  if (routeId !== undefined) {
    const route = routes.get(routeId);
    if (!route || shares(route)) return;
    throw refuse(
      400,
      schemaViolation({ protocols: "must match the associated route's protocols" }),
    );
  }
  if (serviceId === undefined) return;
  const own = [...routes.childIds('service', serviceId)].flatMap((id) => routes.get(id) ?? []);
  if (own.length === 0 || own.some(shares)) return;
  throw refuse(
    400,
    schemaViolation({
      protocols: "must match the protocols of at least one route pointing to this Plugin's service",
    }),
  );
}
