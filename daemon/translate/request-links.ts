/** Request-time links: what they say, and whether the host of their Kong service may fail closed. */
import type { Entity } from '../kong/model';
import { abridged } from './abridged';
import { report, type TranslateContext } from './context';
import { nameOf } from './kong-index';
import { shownField, type LinkClaim, type LinkWish } from './link-claim';
import {
  linkedOutcome,
  linkOf,
  remedyOf,
  reportForm,
  reportUnresolved,
  resolveWish,
  unresolvedOutcome,
} from './outcome';
import type { Resolution, Unresolved } from './resolve';
import { isIpLiteral } from './rewrite';
import type { ResolvedLink } from './translation';

/** The plugins that lead the requests of one Kong service. */
export interface RequestLinks {
  readonly service: Entity;
  readonly claims: readonly LinkClaim[];
  readonly resolutions: ReadonlyMap<LinkClaim, Resolution | undefined>;
  /** Routes that no enabled plugin leads: their requests go to the host of the service. */
  readonly bare: readonly Entity[];
  /** Plugins in effect that send requests to the host of the service on purpose. */
  readonly passing: readonly LinkClaim[];
  /** Nothing needs the host of the service: it can be one that fails closed. */
  readonly covered: boolean;
}

/** Resolves and reports one plugin. Undefined where its config is malformed. */
export function resolvePlugin(claim: LinkClaim, context: TranslateContext): Resolution | undefined {
  const { wish, entity } = claim;
  if (!wish) return undefined;
  const first = resolveWish(wish, context);
  const second = wish.fallback ? resolveWish(wish.fallback, context) : undefined;
  if (claim.share?.isFirst !== false) {
    reportForm(wish.choice, entity, context);
    reportPreservedHost(claim, context);
  }
  const outcome = first.found
    ? linkedOutcome(first, claim)
    : unresolvedOutcome(first, reportFirst(first, second, claim, wish, context));
  const fallback =
    wish.fallback && second ? fallbackOf(wish.fallback, second, claim, context) : undefined;
  context.links.push(linkOf(claim, wish, outcome, fallback));
  return first;
}

/** The plugin's target replaces the Host whatever the route says (seen on Kong 3.9). */
function reportPreservedHost(claim: LinkClaim, context: TranslateContext): void {
  const { route, service, entity, hostHeader = 'mesh' } = claim;
  if (hostHeader !== 'mesh') return;
  const own = (route ? [route] : service ? context.index.routesOf(service) : []).filter(
    ({ fields }) => fields['preserve_host'] === true,
  );
  if (own.length === 0) return;
  report(context, 'LINK_PRESERVE_HOST', { routes: abridged(own.map(nameOf)) }, entity);
}

function reportFirst(
  first: Unresolved,
  second: Resolution | undefined,
  claim: LinkClaim,
  wish: LinkWish,
  context: TranslateContext,
): string {
  if (!second?.found || claim.share)
    return reportUnresolved(first, effectOf(claim), claim.entity, context);
  const details = { reference: wish.text, code: first.code, fallback: wish.fallback?.text };
  const hint = remedyOf(first);
  return report(context, 'LINK_FALLBACK', { ...details, hint }, claim.entity).message;
}

function fallbackOf(
  wish: LinkWish,
  resolution: Resolution,
  claim: LinkClaim,
  context: TranslateContext,
): ResolvedLink['fallback'] {
  const reference = wish.text;
  if (resolution.found) return { reference, outcome: linkedOutcome(resolution, claim) };
  const details = { reference, code: resolution.code, hint: remedyOf(resolution) };
  const { message } = report(context, 'LINK_FALLBACK_UNRESOLVED', details, claim.entity);
  return { reference, outcome: unresolvedOutcome(resolution, message) };
}

/**
 * Sorts out who leads the routes of a service: a plugin on a route counts before one on its service,
 * as in Kong.
 */
export function coverageOf(
  service: Entity,
  claims: readonly LinkClaim[],
  resolutions: ReadonlyMap<LinkClaim, Resolution | undefined>,
  context: TranslateContext,
): RequestLinks {
  const ofService = claims.find(({ route }) => route === undefined);
  const ofRoutes = new Map(claims.map((claim) => [claim.route?.id, claim]));
  const routes = context.index.routesOf(service);
  const bare = ofService ? [] : routes.filter(({ id }) => !ofRoutes.has(id));
  const passing = claims.filter(
    (claim) =>
      claim.passthrough === true &&
      claim.share?.isFirst !== false &&
      (claim.route !== undefined ||
        routes.length === 0 ||
        routes.some(({ id }) => !ofRoutes.has(id))),
  );
  const covered = bare.length === 0 && passing.length === 0;
  return { service, claims, resolutions, bare, passing, covered };
}

/** Reports what a host that stays means: it is where requests go past the mesh. */
export function reportOpenHost(links: RequestLinks, context: TranslateContext): void {
  const { service, bare, passing } = links;
  const host = shownField(service, 'host');
  if (bare.length > 0) {
    report(context, 'LINK_PARTIAL', { routes: abridged(bare.map(nameOf)), host }, service);
  }
  for (const { entity } of passing) report(context, 'LINK_PASSTHROUGH', { host }, entity);
}

/** Kong's balancer keeps the kind of host it started with: a name cannot replace an IP address. */
export function reportIpHost(links: RequestLinks, host: unknown, context: TranslateContext): void {
  if (typeof host !== 'string' || !isIpLiteral(host)) return;
  for (const claim of links.claims) {
    const resolution = links.resolutions.get(claim);
    if (!resolution?.found || isIpLiteral(resolution.address.host)) continue;
    const details = { host, target: resolution.address.host };
    report(context, 'LINK_HOST_IS_IP', details, claim.entity);
  }
}

function effectOf({ passthrough, share }: LinkClaim): string {
  if (share?.weight === 0) return 'it has weight 0 and gets no requests';
  const refused =
    passthrough === true
      ? 'requests go to the host of the Kong service, past the mesh'
      : 'the plugin answers 503';
  if (!share) return refused;
  const last = share.hasFallback ? 'the fallback is used' : refused;
  return `the other services of the plugin get its share, and where none is left ${last}`;
}
