import type { KongEntity } from '../config-view';
import { isRecord } from '../entities/fill-defaults';
import { parseTarget } from '../entities/target-address';
import type { AdminContext } from './admin-context';
import { pageTargets } from './list-targets';
import { noContent, ok } from './reply';
import type { Reply } from './reply';

/** `GET /upstreams/<u>/health`: the page of targets with the health of each, or one verdict for all. */
export function getHealth(
  context: AdminContext,
  upstream: KongEntity,
  path: string,
  query: URLSearchParams,
): Reply {
  const node = { node_id: context.nodeId };
  if (query.get('balancer_health') === '1') {
    return ok({ data: judgeBalancer(context, upstream), next: null, ...node });
  }
  const { targets, paging } = pageTargets(context, upstream, path, query);
  const data = targets.map((target) => ({ ...target, ...describe(context, upstream, target) }));
  return ok({ data, ...paging, ...node });
}

/** `PUT /upstreams/<u>/targets/<t>/healthy|unhealthy`. Without health checks there is nothing to set. */
export function setHealth(
  context: AdminContext,
  upstream: KongEntity,
  target: KongEntity,
  healthy: boolean,
): Reply {
  if (!hasHealthChecks(upstream)) {
    return {
      status: 400,
      body: { message: `no healthchecker found for ${String(upstream.name)}` },
    };
  }
  context.health.set(upstream.id, String(target.target), healthy ? 'HEALTHY' : 'UNHEALTHY');
  return noContent;
}

/** Checks are off while every interval and counter is 0 (seen). */
export function hasHealthChecks(upstream: KongEntity): boolean {
  const counts = (path: readonly string[], names: readonly string[]): boolean => {
    const at = path.reduce<unknown>(
      (value, key) => (isRecord(value) ? value[key] : undefined),
      upstream.healthchecks,
    );
    return isRecord(at) && names.some((name) => Number(at[name] ?? 0) > 0);
  };
  return (
    counts(['active', 'healthy'], ['interval']) ||
    counts(['active', 'unhealthy'], ['interval']) ||
    counts(['passive', 'healthy'], ['successes']) ||
    counts(['passive', 'unhealthy'], ['tcp_failures', 'timeouts', 'http_failures'])
  );
}

function healthOf(context: AdminContext, upstream: KongEntity, target: KongEntity): string {
  const health = context.health.get(upstream.id, String(target.target));
  return hasHealthChecks(upstream) || health === 'DNS_ERROR' ? health : 'HEALTHCHECKS_OFF';
}

function describe(
  context: AdminContext,
  upstream: KongEntity,
  target: KongEntity,
): Readonly<Record<string, unknown>> {
  const health = healthOf(context, upstream, target);
  // A name that does not resolve has no addresses to describe (seen).
  if (health === 'DNS_ERROR') return { health };
  return { health, data: { ...makeHost(target, health), ...hostParts(target, { health }) } };
}

function judgeBalancer(context: AdminContext, upstream: KongEntity): unknown {
  const collection = context.store.of('targets');
  const hosts = [...collection.childIds('upstream', upstream.id)]
    .sort()
    .flatMap((id) => collection.get(id) ?? [])
    .map((target) => {
      const healthy = isUsable(healthOf(context, upstream, target));
      return { ...makeHost(target, healthy), ...hostParts(target, { healthy }) };
    });
  const sum = (name: 'total' | 'available' | 'unavailable'): number =>
    hosts.reduce((total, host) => total + host.weight[name], 0);
  const weight = {
    total: sum('total'),
    available: sum('available'),
    unavailable: sum('unavailable'),
  };
  const healthy = weight.available > 0;
  return {
    id: upstream.id,
    health: hasHealthChecks(upstream) ? (healthy ? 'HEALTHY' : 'UNHEALTHY') : 'HEALTHCHECKS_OFF',
    balancer_health: healthy ? 'HEALTHY' : 'UNHEALTHY',
    details: { healthy, weight, hosts },
  };
}

function isUsable(health: string): boolean {
  return health === 'HEALTHY' || health === 'HEALTHCHECKS_OFF';
}

function makeHost(
  target: KongEntity,
  health: string | boolean,
): { readonly weight: { total: number; available: number; unavailable: number } } {
  const usable = typeof health === 'string' ? isUsable(health) : health;
  const total = Number(target.weight);
  return {
    weight: { total, available: usable ? total : 0, unavailable: usable ? 0 : total },
  };
}

function hostParts(
  target: KongEntity,
  verdict: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { host, port } = parseTarget(String(target.target)) ?? { host: '', port: 0 };
  const weight = Number(target.weight);
  return {
    host,
    port,
    dns: 'A',
    nodeWeight: weight,
    addresses: [{ ip: host, port, weight, ...verdict }],
  };
}
