/** What serves the requests of a link at the moment, and how well. Pure. */
import type { MeshService } from '../../catalog/service';
import type { LinkOutcome, ResolvedLink } from '../translate/translation';

/**
 * `unserved`: the plugin server that leads it does not answer. `fallback`: the service itself is missing or
 * has no healthy endpoint, and the plugin sends requests to the fallback of the link. `outside`: leads past
 * the mesh, as the user configured it. `unused`: a mesh service that no Kong entity is linked to. The worst
 * comes first: it is the order in which rows are shown.
 */
export const healths = [
  'unresolved',
  'unserved',
  'unavailable',
  'stale',
  'fallback',
  'degraded',
  'unknown',
  'healthy',
  'outside',
  'unused',
] as const;
export type Health = (typeof healths)[number];

/** What is not confirmed at the moment: no way may be called healthy by what was so before. */
export interface PictureDoubt {
  /** The mesh was not seen for some time, or nobody knows whether Kong holds what it should. */
  readonly unconfirmed: boolean;
  /** Kong asks the plugin server at each request of a link that is looked up per request. */
  readonly pluginServerDown: boolean;
}

export interface Serving {
  readonly outcome: LinkOutcome;
  /** Present where it is the fallback: why the service itself does not serve. */
  readonly insteadOf?: string;
}

/** As the plugin decides: the fallback serves while the service is missing or the mesh has none of it up. */
export function servingNow(
  link: ResolvedLink,
  shares: readonly ResolvedLink[],
  mesh: ReadonlyMap<string, MeshService>,
): Serving {
  const { fallback } = link;
  const isDown = (one: LinkOutcome): boolean =>
    mesh.get(keyOf(one) ?? '')?.availability === 'unavailable';
  const isUp = (one: LinkOutcome): boolean => one.state === 'linked' && !isDown(one);
  // A service that cannot be used leaves its share to the others.
  const taking = shares.filter(({ share }) => share?.weight !== 0);
  const { outcome } = taking.find((one) => isUp(one.outcome)) ?? taking[0] ?? link;
  if (isUp(outcome) || fallback?.outcome.state !== 'linked') return { outcome };
  // Of two that are down the first stays.
  if (outcome.state === 'linked' && isDown(fallback.outcome)) return { outcome };
  const insteadOf = outcome.state === 'linked' ? 'it has no healthy endpoint' : outcome.reason;
  return { outcome: fallback.outcome, insteadOf };
}

export function healthNow(
  { outcome, insteadOf }: Serving,
  service: MeshService | undefined,
): Health {
  const health = healthOf(outcome, service);
  return insteadOf !== undefined && health !== 'unavailable' ? 'fallback' : health;
}

function healthOf(outcome: LinkOutcome, service: MeshService | undefined): Health {
  if (outcome.state !== 'linked') return outcome.state;
  if (!service) return 'unknown';
  const { availability, endpoints } = service;
  if (availability === 'unavailable' || endpoints?.healthy === 0) return 'unavailable';
  if (endpoints && endpoints.healthy < endpoints.total) return 'degraded';
  return availability === 'available' ? 'healthy' : 'unknown';
}

export function inDoubt(health: Health, { time }: ResolvedLink, doubt: PictureDoubt): Health {
  if (health === 'unresolved') return health;
  if (doubt.pluginServerDown && time === 'request') return 'unserved';
  const isOfTheMoment = ['healthy', 'degraded', 'fallback', 'unavailable'].includes(health);
  return doubt.unconfirmed && isOfTheMoment ? 'unknown' : health;
}

/** Key of the mesh service that a link leads to. */
export function keyOf(outcome: LinkOutcome | undefined): string | undefined {
  return outcome && 'service' in outcome ? outcome.service : undefined;
}
