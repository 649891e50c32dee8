/** What Kong holds, by names that survive a change of fields; read past the daemon. */
import type { ConfigView, KongEntity } from '../../../sandbox/gateway/config-view';

export function namesIn(view: ConfigView): ReadonlySet<string> {
  const named = (type: string, entities: readonly KongEntity[], field: string): string[] =>
    entities.map((entity) => `${type}/${String(entity[field])}`);
  return new Set([
    ...named('services', view.services, 'name'),
    ...named('routes', view.routes, 'name'),
    ...named('consumers', view.consumers, 'username'),
    ...named('upstreams', view.upstreams, 'name'),
    ...named('targets', view.targets, 'target'),
    ...named('keyauth_credentials', view.credentials['keyauth_credentials'] ?? [], 'key'),
  ]);
}

/** Every entity by id, in a form that is equal as long as nobody changes it. */
export function bodiesIn(view: ConfigView): ReadonlyMap<string, string> {
  const all = [
    view.services,
    view.routes,
    view.plugins,
    view.consumers,
    view.upstreams,
    view.targets,
    ...Object.values(view.credentials),
  ].flat();
  return new Map(all.map((entity) => [entity.id, JSON.stringify(entity)]));
}
