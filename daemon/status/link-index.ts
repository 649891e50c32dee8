/** Which link leads a route: its own, that of its service, or one of its upstream's targets. Pure. */
import type { Entity } from '../kong/model';
import { upstreamOf } from '../translate/target-links';
import type { ResolvedLink } from '../translate/translation';

/** A route's own link wins over its service's, and the plugin over what is written into the service. */
export function indexLinks(links: readonly ResolvedLink[]) {
  const byRoute = new Map<string, ResolvedLink>();
  const byService = new Map<string, ResolvedLink>();
  const byUpstream = new Map<string, ResolvedLink>();
  for (const link of links) {
    if (link.upstream) {
      const name = link.upstream.name.toLowerCase();
      const other = byUpstream.get(name);
      if (!other || isBetter(link, other)) byUpstream.set(name, link);
    } else if (link.routeId !== undefined) {
      if (!byRoute.has(link.routeId)) byRoute.set(link.routeId, link);
    } else if (link.serviceId !== undefined) {
      const other = byService.get(link.serviceId);
      if (!other || (other.time === 'config' && link.time === 'request')) {
        byService.set(link.serviceId, link);
      }
    }
  }
  return (routeId: string | undefined, service: Entity | undefined): ResolvedLink | undefined =>
    byRoute.get(routeId ?? '') ??
    byService.get(service?.id ?? '') ??
    byUpstream.get(upstreamOf(service) ?? '');
}

/** Of the targets of an upstream one that takes requests stands for all, then the heaviest. */
function isBetter(a: ResolvedLink, b: ResolvedLink): boolean {
  const rank = ({ outcome, share }: ResolvedLink): number =>
    (outcome.state === 'unresolved' ? 0 : 100_000) + (share?.weight ?? 0);
  return rank(a) > rank(b);
}
