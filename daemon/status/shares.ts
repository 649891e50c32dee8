/** Routes whose requests several mesh services share: their links together, and what they come to. Pure. */
import type { MeshService } from '../../catalog/service';
import type { ResolvedLink } from '../translate/translation';
import { healthNow, keyOf, type Health } from './row-health';

export type SharesOf = (link: ResolvedLink) => readonly ResolvedLink[];

/** One of the mesh services that share the requests of a route. */
export interface ShareShown {
  readonly reference: string;
  readonly weight: number;
  readonly health: Health;
}

/** The links of one plugin, or of the targets of one upstream, that share its requests. */
export function indexShares(links: readonly ResolvedLink[]): SharesOf {
  const byGroup = new Map<string, ResolvedLink[]>();
  for (const link of links) {
    if (!link.share) continue;
    const shares = byGroup.get(link.share.group);
    if (shares) shares.push(link);
    else byGroup.set(link.share.group, [link]);
  }
  return (link) => byGroup.get(link.share?.group ?? '') ?? [];
}

export function showShare(
  { reference, outcome, share }: ResolvedLink,
  mesh: ReadonlyMap<string, MeshService>,
): ShareShown {
  const health = healthNow({ outcome }, mesh.get(keyOf(outcome) ?? ''));
  return { reference, weight: share?.weight ?? 0, health };
}

/** Of several that share the requests one that answers is enough for the route not to be broken. */
export function healthOfAll(own: Health, shares: readonly ShareShown[]): Health {
  const taking = shares.filter(({ weight }) => weight !== 0).map(({ health }) => health);
  if (taking.length < 2) return own;
  const answering = taking.filter((health) => health === 'healthy' || health === 'degraded');
  if (answering.length === 0) return own;
  return answering.length === taking.length && !answering.includes('degraded')
    ? 'healthy'
    : 'degraded';
}
