/** Pure: the catalog and the user's Kong configuration in, the desired configuration out. */
import { formatAddress } from '../../catalog/address';
import { entityKey, sortEntities, type Entity } from '../kong/model';
import { abridged } from './abridged';
import { applyConfigLink, closeHost } from './config-links';
import { report, type TranslateContext } from './context';
import { expose } from './expose';
import { indexKong, nameOf } from './kong-index';
import { createLastGood } from './last-good';
import type { LinkClaim } from './link-claim';
import { linkFinders } from './links/link-finders';
import { inexactFailures } from './inexact';
import { createNeedCollector } from './needs';
import { withPortAsText } from './plugin-port';
import { createReferenceCollector } from './references';
import {
  coverageOf,
  reportIpHost,
  reportOpenHost,
  resolvePlugin,
  type RequestLinks,
} from './request-links';
import { resolvedName, type Resolution } from './resolve';
import { plainTwin } from './rewrite';
import { createSuggester } from './suggest';
import { linkTargets, upstreamOf } from './target-links';
import type { TranslateInput, Translation } from './translation';

/**
 * Links every Kong entity that names a mesh service to its address, and makes what the expose rules
 * ask for. What cannot be linked is reported and fails closed; it never keeps others from being
 * linked. Total: it never throws. Equal inputs give equal outputs in whatever order they come, and
 * translating the outcome again changes nothing.
 */
export function translate(input: TranslateInput): Translation {
  const { catalog, user, rules, previous, live, otherUpstreams = [] } = input;
  // What is ours is made anew each time: a rule that is gone takes its entities with it.
  const written = user.entities
    .filter(({ owner }) => owner === 'user')
    .map((entity) => withPortAsText(entity, rules));
  const exposed = expose(catalog, written, { rules, selectTags: user.selectTags });
  const entities = sortEntities([...written, ...exposed.entities]);
  const index = indexKong(entities, otherUpstreams);
  const context: TranslateContext = {
    catalog,
    index,
    rules,
    suggester: createSuggester(catalog.services),
    lastGood: createLastGood(catalog, previous, live),
    needs: createNeedCollector(catalog),
    references: createReferenceCollector(catalog.bindings),
    failures: [...exposed.failures],
    links: [],
    edits: new Map(),
  };
  linkServices(context);
  const { bindings, secrets } = context.references.collected();
  return {
    desired: {
      ...user,
      entities: entities.map((entity) => editOf(entity, context) ?? entity),
    },
    failures: [...context.failures, ...inexactFailures(catalog)],
    links: context.links,
    needs: context.needs.collected(),
    bindings,
    secretReferences: secrets,
    upstreams: index.upstreams,
  };
}

/** Ids are unique inside a type only. */
function editOf(entity: Entity, { edits }: TranslateContext): Entity | undefined {
  if (entity.type === 'services') return edits.get(entity.id);
  return entity.type === 'targets' ? edits.get(entityKey(entity)) : undefined;
}

function linkServices(context: TranslateContext): void {
  const requestClaims = new Map<string, LinkClaim[]>();
  const configClaims = new Map<string, LinkClaim[]>();
  const targetClaims: LinkClaim[] = [];
  const resolutions = new Map<LinkClaim, Resolution | undefined>();
  for (const finder of linkFinders) {
    const { claims, failures } = finder.find(context.index, context.rules, context.catalog);
    context.failures.push(...failures);
    for (const claim of claims) {
      if (claim.kind === 'plugin') resolutions.set(claim, resolvePlugin(claim, context));
      const byService = claim.kind === 'plugin' ? requestClaims : configClaims;
      if (claim.entity.type === 'targets') targetClaims.push(claim);
      const id = claim.service?.id;
      if (id === undefined) continue;
      const claimed = byService.get(id);
      if (claimed) claimed.push(claim);
      else byService.set(id, [claim]);
    }
  }
  linkTargets(targetClaims, context);
  const upstreams = new Set(
    context.links.flatMap(({ upstream }) => (upstream ? [upstream.name.toLowerCase()] : [])),
  );
  for (const service of context.index.ofType('services')) {
    const request = requestClaims.get(service.id);
    const config = configClaims.get(service.id) ?? [];
    const links = request && coverageOf(service, request, resolutions, context);
    const byTargets = upstreams.has(upstreamOf(service) ?? '');
    if (byTargets && !links && config.length === 0) continue;
    linkService(service, links, config, context);
  }
}

/** @param config the config-time links of the service, the more explicit one first. */
function linkService(
  service: Entity,
  links: RequestLinks | undefined,
  config: readonly LinkClaim[],
  context: TranslateContext,
): void {
  const [first, second] = config;
  if (!links && !first) {
    if (context.rules.onUnlinked === 'warn') report(context, 'SERVICE_UNLINKED', {}, service);
    return;
  }
  reportTls(service, context);
  if (links?.covered) {
    closeHost(service, context);
    if (first) reportConflicts(links, first, service, context);
    return;
  }
  if (!first) {
    if (!links) return;
    reportOpenHost(links, context);
    reportIpHost(links, service.fields['host'], context);
    return;
  }
  const resolution = applyConfigLink(first, service, context);
  if (second) reportConflict(first, resolution, second, service, context);
  if (!links) return;
  reportMixed(links, first, resolution, context);
  reportIpHost(links, context.edits.get(service.id)?.fields['host'], context);
}

function reportTls(service: Entity, context: TranslateContext): void {
  const twin = plainTwin(service);
  if (twin) report(context, 'LINK_TLS', twin, service);
}

function reportConflicts(
  links: RequestLinks,
  loser: LinkClaim,
  service: Entity,
  context: TranslateContext,
): void {
  for (const claim of links.claims) {
    const resolution = links.resolutions.get(claim);
    if (reportConflict(claim, resolution, loser, service, context)) return;
  }
}

/** @returns whether the two name different services, which is then reported. */
function reportConflict(
  winner: LinkClaim,
  resolution: Resolution | undefined,
  loser: LinkClaim,
  service: Entity,
  context: TranslateContext,
): boolean {
  const other = loser.wish?.lookUp(context.catalog);
  const same =
    resolution?.found === true &&
    other?.found === true &&
    other.service === resolution.service &&
    other.port.port === resolution.port.port;
  if (same || !winner.wish || !loser.wish || winner.wish.text === loser.wish.text) return false;
  const details = {
    winner: winner.wish.text,
    winnerKind: winner.kind,
    loser: loser.wish.text,
    loserKind: loser.kind,
  };
  report(context, 'LINK_CONFLICT', details, service);
  return true;
}

/** Some routes have the plugin, the others follow the service's own link: inside the mesh, but mixed. */
function reportMixed(
  links: RequestLinks,
  claim: LinkClaim,
  resolution: Resolution | undefined,
  context: TranslateContext,
): void {
  const { bare, service } = links;
  if (bare.length === 0) return;
  const reference = resolution?.found
    ? `${resolvedName(resolution)} (${formatAddress(resolution.address)})`
    : (claim.wish?.text ?? 'nowhere');
  report(context, 'LINK_MIXED', { routes: abridged(bare.map(nameOf)), reference }, service);
}
