/** The request-time link: the mesh-upstream plugin on a route or on a service. */
import type { Failure } from '../../../catalog/error';
import type { Reference } from '../../../catalog/lookup';
import { nearest } from '../../../catalog/nearest';
import {
  parsePluginReference,
  pluginFieldNames,
  readConfig,
  shareFieldNames,
  sharesOf,
} from '../../../catalog/plugin-config';
import { entityLabel, type Entity, type JsonObject, type Path } from '../../kong/model';
import { translateErrors } from '../errors';
import type { KongIndex } from '../kong-index';
import {
  asText,
  wishFor,
  type Claims,
  type LinkClaim,
  type LinkFinder,
  type LinkWish,
} from '../link-claim';
import type { TranslateRules } from '../rules';

export const pluginLink = {
  kind: 'plugin',
  find(index: KongIndex, { pluginName }: Pick<TranslateRules, 'pluginName'>) {
    const claims: LinkClaim[] = [];
    const failures: Failure[] = [];
    for (const plugin of index.ofType('plugins')) {
      if (plugin.fields['name'] !== pluginName || plugin.fields['enabled'] === false) continue;
      const found = claimOf(plugin, index);
      claims.push(...found.claims);
      failures.push(...found.failures);
    }
    return { claims, failures };
  },
} satisfies LinkFinder;

function claimOf(plugin: Entity, index: KongIndex): Claims {
  const context = { entity: entityLabel(plugin), place: plugin.origin?.place };
  const scope = unsupportedScope(plugin);
  if (scope !== undefined) {
    const details = { plugin: asText(plugin.fields['name']), scope };
    return { claims: [], failures: [translateErrors.failure('LINK_SCOPE', details, context)] };
  }
  const failures: Failure[] = [];
  const route = index.referred(plugin, 'route');
  const service = index.referred(route ?? plugin, 'service');
  const unseen = outsideFiles(plugin, route, service);
  if (unseen !== undefined) {
    failures.push(translateErrors.failure('LINK_OUTSIDE_FILES', { target: unseen }, context));
  } else if (route && !service) {
    const details = { route: route.key };
    failures.push(translateErrors.failure('LINK_WITHOUT_SERVICE', details, context));
  }
  const config = asObject(plugin.fields['config']);
  const streams = noHttpOf(plugin, route, service, index);
  const wishes = streams ?? wishesOf(plugin, config);
  if (typeof wishes === 'string') {
    const hint = streams
      ? `Link it at config time instead: take the plugin away and tag the service mesh:${asText(config['service']) ?? '<service>'}.`
      : 'Correct the config of the plugin.';
    const details = { what: wishes, effect: 'Kong refuses the plugin', hint };
    failures.push(translateErrors.failure('LINK_INVALID', details, context));
  } else if (wishes.every(({ share }) => share?.weight === 0)) {
    failures.push(translateErrors.failure('LINK_NO_WEIGHT', {}, context));
  }
  const hostHeader = asText(config['host_header']);
  const claimFor = (wish: LinkWish | undefined, share?: LinkClaim['share']): LinkClaim => ({
    kind: 'plugin',
    entity: plugin,
    ...(service ? { service } : {}),
    ...(route ? { route } : {}),
    wish,
    ...(share ? { share } : {}),
    ...(config['on_missing'] === 'passthrough' ? { passthrough: true } : {}),
    ...(hostHeader === undefined ? {} : { hostHeader }),
  });
  if (typeof wishes === 'string') return { claims: [claimFor(undefined)], failures };
  return { claims: wishes.map(({ wish, share }) => claimFor(wish, share)), failures };
}

/** What the plugin is on and only the gateway has: its host cannot be closed from here. */
function outsideFiles(
  plugin: Entity,
  route: Entity | undefined,
  service: Entity | undefined,
): string | undefined {
  if (plugin.references['route'] && !route) return 'the route';
  return (route ?? plugin).references['service'] && !service ? 'the service' : undefined;
}

const httpProtocols = ['http', 'https', 'grpc', 'grpcs'];

/** A stream has no request that the plugin could lead: what of it Kong would not take. */
function noHttpOf(
  plugin: Entity,
  route: Entity | undefined,
  service: Entity | undefined,
  index: KongIndex,
): string | undefined {
  const own = listOf(plugin.fields['protocols']);
  const foreign = own?.find((protocol) => !httpProtocols.includes(protocol));
  if (foreign !== undefined) return `the plugin works on HTTP and gRPC, and is set for ${foreign}`;
  const spoken = own ?? httpProtocols;
  // Kong's default is http and https.
  const shares = ({ fields }: Entity): boolean =>
    (listOf(fields['protocols']) ?? ['http', 'https']).some((name) => spoken.includes(name));
  const routes = route ? [route] : service ? index.routesOf(service) : [];
  if (routes.length === 0 || routes.some(shares)) return undefined;
  const protocols = [...new Set(routes.flatMap(({ fields }) => listOf(fields['protocols']) ?? []))];
  const where = route ? `the route ${route.key} takes` : 'the routes of the service take';
  return `${where} ${protocols.join(', ')}, and the plugin works on ${spoken.join(', ')}`;
}

function listOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
}

function unsupportedScope({ references }: Entity): string | undefined {
  if (references['consumer'] || references['consumer_group']) return 'for consumers';
  return references['route'] || references['service'] ? undefined : 'for the whole gateway';
}

interface SharedWish {
  readonly wish: LinkWish;
  readonly share?: LinkClaim['share'];
}

/** What is wrong comes back as text. Of several services the one with the most weight comes first. */
function wishesOf(plugin: Entity, config: JsonObject): readonly SharedWish[] | string {
  const wrong = unknownOf(config);
  if (wrong !== undefined) return wrong;
  const read = readConfig(config);
  if (!read.ok) return `config.${read.cause}`;
  const { address, fallback, services } = read.config;
  const wishAt = (reference: Reference, ...paths: Path[]): LinkWish =>
    wishFor(reference, address, {
      entity: plugin,
      paths: paths.map((path) => ['config', ...path]),
    });
  const otherwise =
    fallback === undefined
      ? {}
      : { fallback: wishAt(parsePluginReference(fallback), ['fallback']) };
  const shares = sharesOf(read.config);
  if (!services) {
    return shares.map(({ reference }) => ({
      wish: { ...wishAt(reference, ['service'], ['port']), ...otherwise },
    }));
  }
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  return shares
    .map(({ reference, weight }, position) => ({
      wish: wishAt(reference, ['services', position]),
      weight,
    }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ wish, weight }, rank) => ({
      // One speaks for what they have in common.
      wish: rank === 0 ? { ...wish, ...otherwise } : wish,
      share: { weight, total, isFirst: rank === 0, hasFallback: fallback !== undefined },
    }));
}

function unknownOf(config: JsonObject): string | undefined {
  const shares = Array.isArray(config['services']) ? config['services'] : [];
  return (
    unknownIn(config, pluginFieldNames, 'config') ??
    shares
      .map((share, n) => unknownIn(asObject(share), shareFieldNames, `config.services[${n + 1}]`))
      .find((problem) => problem !== undefined)
  );
}

/** Kong refuses what its schema does not have. */
function unknownIn(
  record: JsonObject,
  known: readonly string[],
  where: string,
): string | undefined {
  const unknown = Object.keys(record).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const [similar] = nearest(unknown, known, 1);
  return `${where}.${unknown} is no setting${similar === undefined ? '' : ` (${similar}?)`}`;
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}
