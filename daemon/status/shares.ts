/** Routes whose requests several mesh services share: their links together, and what they come to. */
import type { ResolvedLink } from '../translate/translation';
import type { Health } from './picture';

export type SharesOf = (link: ResolvedLink) => readonly ResolvedLink[];

/** The links of one plugin that share its requests. */
export function indexShares(links: readonly ResolvedLink[]): SharesOf {
  const byPlugin = new Map<string, ResolvedLink[]>();
  for (const link of links) {
    if (!link.share) continue;
    const shares = byPlugin.get(link.entity.id);
    if (shares) shares.push(link);
    else byPlugin.set(link.entity.id, [link]);
  }
  return (link) => byPlugin.get(link.entity.id) ?? [];
}

/** Of several that share the requests one that answers is enough for the route not to be broken. */
export function healthOfAll(
  own: Health | undefined,
  shares: readonly Health[],
): Health | undefined {
  if (shares.length < 2 || own === undefined) return own;
  const answering = shares.filter((health) => health === 'healthy' || health === 'degraded');
  if (answering.length === 0) return own;
  return answering.length === shares.length && !answering.includes('degraded')
    ? 'healthy'
    : 'degraded';
}
