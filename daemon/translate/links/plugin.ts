/** The request-time link: the mesh-upstream plugin on a route or on a service. */
import type { AddressChoice } from '../../../catalog/address';
import type { Failure } from '../../../catalog/error';
import { nearest } from '../../../catalog/nearest';
import { entityLabel, type Entity, type JsonObject } from '../../kong/model';
import { translateErrors } from '../errors';
import type { KongIndex } from '../kong-index';
import {
  asText,
  parseReference,
  wishFor,
  type Claims,
  type LinkClaim,
  type LinkFinder,
  type LinkWish,
} from '../link-claim';
import { addressChoices, type TranslateRules } from '../rules';

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
  const wish = streams ?? wishOf(plugin, config);
  if (typeof wish === 'string') {
    const hint = streams
      ? `Link it at config time instead: take the plugin away and tag the service mesh:${asText(config['service']) ?? '<service>'}.`
      : 'Correct the config of the plugin.';
    const details = { what: wish, effect: 'Kong refuses the plugin', hint };
    failures.push(translateErrors.failure('LINK_INVALID', details, context));
  }
  const hostHeader = asText(config['host_header']);
  const claim: LinkClaim = {
    kind: 'plugin',
    entity: plugin,
    ...(service ? { service } : {}),
    ...(route ? { route } : {}),
    wish: typeof wish === 'string' ? undefined : wish,
    ...(config['on_missing'] === 'passthrough' ? { passthrough: true } : {}),
    ...(hostHeader === undefined ? {} : { hostHeader }),
  };
  return { claims: [claim], failures };
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

/** What is wrong comes back as text; the rules are those of the plugin's own schema. */
function wishOf(plugin: Entity, config: JsonObject): LinkWish | string {
  const wrong = unknownOf(config);
  if (wrong !== undefined) return wrong;
  const { service, port, fallback } = config;
  const address = config['address'] ?? 'auto';
  if (typeof service !== 'string' || service === '') return 'config.service must name a service';
  if (!/^[\w.-]+$/.test(service)) return 'config.service holds characters that no service has';
  if (typeof (port ?? '') !== 'string') return 'config.port must be text (in quotes)';
  if (!['reject', 'passthrough'].includes(asText(config['on_missing'] ?? 'reject') ?? '')) {
    return 'config.on_missing must be reject or passthrough';
  }
  if (!isChoice(address)) return 'config.address must be auto, outbound, service-ip or mesh';
  const wish = wishFor({ service, ...(typeof port === 'string' ? { port } : {}) }, address, {
    entity: plugin,
    paths: [
      ['config', 'service'],
      ['config', 'port'],
    ],
  });
  if (fallback === undefined || fallback === null) return wish;
  const second = typeof fallback === 'string' ? parseReference(fallback) : undefined;
  if (!second) return 'config.fallback must be service or service:port';
  const source = { entity: plugin, paths: [['config', 'fallback']] };
  return { ...wish, fallback: wishFor(second, address, source) };
}

/** All that the plugin's schema has; Kong refuses what else stands there. */
const configFields = [
  ...['service', 'port', 'address', 'host_header', 'on_missing', 'fallback', 'snapshot'],
];

function unknownOf(config: JsonObject): string | undefined {
  const unknown = Object.keys(config).find((name) => !configFields.includes(name));
  if (unknown === undefined) return undefined;
  const [similar] = nearest(unknown, configFields, 1);
  return `config.${unknown} is no setting${similar === undefined ? '' : ` (${similar}?)`}`;
}

function isChoice(value: unknown): value is AddressChoice {
  return addressChoices.includes(value as AddressChoice);
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}
