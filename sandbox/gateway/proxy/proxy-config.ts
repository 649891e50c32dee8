import type { ConfigView, KongEntity } from '../config-view';
import { type InstanceConfig, toInstanceConfig } from '../plugin-client/plugin-server-client';
import {
  type Plugin,
  reference,
  type Service,
  type Target,
  text,
  toPlugin,
  toRoute,
  toService,
  toTarget,
} from './entities';
import { compilePluginScopes, type PluginScopes } from './plugin-scopes';
import { compileRouter, type Router } from './router';
import { UpstreamRing } from './upstream-ring';

/** A configuration made ready for serving. Requests keep the one they began with. */
export interface ProxyConfig {
  readonly view: ConfigView;
  readonly router: Router;
  readonly services: ReadonlyMap<string, Service>;
  readonly scopes: PluginScopes;
  /** By name. */
  readonly upstreams: ReadonlyMap<string, UpstreamRing>;
  readonly consumers: ReadonlyMap<string, KongEntity>;
  readonly instanceConfigs: InstanceConfigs;
}

/** The configurations that a plugin server is given, each with the sequence of its push. */
export class InstanceConfigs {
  readonly #made = new Map<string, InstanceConfig>();
  #lastSequence: number;

  constructor(
    private readonly plugins: readonly KongEntity[],
    firstSequence: number,
  ) {
    this.#lastSequence = firstSequence;
  }

  /** The highest sequence given out. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Whether a view's plugins are the very ones these were made of: then no sequence changes. */
  covers(plugins: readonly KongEntity[]): boolean {
    return (
      plugins.length === this.plugins.length &&
      plugins.every((plugin, index) => plugin === this.plugins[index])
    );
  }

  of(plugin: Plugin): InstanceConfig {
    const known = this.#made.get(plugin.id);
    if (known) return known;
    const made = toInstanceConfig({
      pluginName: plugin.name,
      pluginId: plugin.id,
      sequence: ++this.#lastSequence,
      config: plugin.config,
      routeId: plugin.routeId,
      serviceId: plugin.serviceId,
      consumerId: plugin.consumerId,
    });
    this.#made.set(plugin.id, made);
    return made;
  }
}

/**
 * @param previous the configuration so far: while the plugins are the same entities, their sequences stay
 *   (Kong rebuilds its plugins when plugins change); a DB-less load makes all of them anew
 */
export function compileProxyConfig(view: ConfigView, previous?: ProxyConfig): ProxyConfig {
  const services = new Map<string, Service>();
  for (const entity of view.services) services.set(entity.id, toService(entity));
  const routes = view.routes
    .map(toRoute)
    .filter(({ serviceId }) => !serviceId || services.get(serviceId)?.enabled !== false);
  const kept = previous?.instanceConfigs;
  return {
    view,
    router: compileRouter(routes),
    services,
    scopes: compilePluginScopes(view.plugins.map(toPlugin)),
    upstreams: compileUpstreams(view),
    consumers: new Map(view.consumers.map((consumer) => [consumer.id, consumer])),
    instanceConfigs: kept?.covers(view.plugins)
      ? kept
      : new InstanceConfigs(view.plugins, kept?.lastSequence ?? 0),
  };
}

function compileUpstreams(view: ConfigView): ReadonlyMap<string, UpstreamRing> {
  const targets = new Map<string, Target[]>();
  for (const entity of view.targets) {
    const upstreamId = reference(entity['upstream']) ?? '';
    const siblings = targets.get(upstreamId);
    if (siblings) siblings.push(toTarget(entity));
    else targets.set(upstreamId, [toTarget(entity)]);
  }
  return new Map(
    view.upstreams.map((upstream) => [
      text(upstream['name']) ?? '',
      new UpstreamRing(targets.get(upstream.id) ?? [], text(upstream['host_header'])),
    ]),
  );
}
