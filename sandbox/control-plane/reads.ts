import { NOT_IN_THE_STAND_IN, ok, PAGE_NOT_FOUND } from './answer';
import type { Answer } from './answer';
import { hostnamesOf } from './hostnames';
import type { Kind } from './kinds';
import { overviewOf } from './overview';
import type { Insight } from './proxies';
import { listBody, parseListQuery } from './query';
import type { ReadContext } from './read-context';
import { configDumpOf, configOf, inboundPoliciesOf, layoutOf, rulesOf } from './inspect';
import type { Json, StoredResource } from './resource';
import { listResources, listServiceInsights } from './lists';
import { serviceInsightView } from './service-insights';
import { badRequest, notFound, StdError } from './std-error';
import { envelopeOf, viewOf } from './views';
import type { World } from './views';

/** `GET` of a collection, in one mesh or over all of them. `overview` gives each Dataplane its insight. */
export function readList(
  kind: Kind,
  mesh: string | undefined,
  url: URL,
  context: ReadContext,
  overview: boolean,
): Answer {
  const { world } = context;
  const version = context.version();
  const query = parseListQuery(url.searchParams, kind, world.flavour);
  if (kind.type === 'ServiceInsight') {
    const page = listServiceInsights(mesh, query, url.searchParams.get('type'), context);
    return ok(listBody(page, query, url));
  }
  const { total, items } = listResources(kind, mesh, query, world);
  const show = (one: StoredResource): Json => {
    if (!overview) return viewOf(one, world);
    return kind.type === 'Zone' ? zoneOverviewOf(one) : overviewOf(one, world, version);
  };
  return ok(listBody({ total, items: items.map(show) }, query, url));
}

/**
 * `GET` of one resource or of what hangs below it.
 * @throws StdError 404 where it does not exist.
 */
export function readOne(
  kind: Kind,
  mesh: string,
  name: string,
  below: readonly string[],
  context: ReadContext,
): Answer {
  const { world } = context;
  if (kind.type === 'ServiceInsight') {
    const entry = world.index.services(mesh).get(name);
    if (!entry || world.flavour.serviceInsights !== 'full') throw notFound();
    return ok(serviceInsightView(mesh, name, entry, world));
  }
  const part = below.join('/');
  if (kind.type === 'Dataplane') refuseBeforeLookup(part, mesh, name, context);
  const resource = world.store.get(kind.type, mesh, name);
  if (!resource) throw notFound();
  if (part === '') return ok(viewOf(resource, world));
  if (part === '_hostnames') {
    if (kind.type === 'Dataplane') throw NO_HOSTNAMES;
    return ok(hostnameList(resource, world));
  }
  if (kind.type === 'MeshService' && part === membersPath(world))
    return ok(selectedList(resource, world));
  return kind.type === 'Dataplane' ? readBelowDataplane(part, resource, context) : PAGE_NOT_FOUND;
}

function readBelowDataplane(part: string, dataplane: StoredResource, context: ReadContext): Answer {
  const { world, isExclusive } = context;
  const { mesh = '', name } = dataplane;
  const inThree = world.flavour.tags ? undefined : readOnlyIn3(part, dataplane, world);
  if (inThree) return ok(inThree);
  const insight = world.proxies.insightOf(mesh, name);
  switch (part) {
    case '_overview':
      return ok(overviewOf(dataplane, world, context.version()));
    case '_config':
      if (!insight) throw notFound('Failed to fetch dataplane insight');
      return ok(configOf(dataplane, world));
    case 'xds':
      if (insight?.online !== true || !insight.live) return notLive(insight);
      // Who cannot be named was sent nothing, and has nothing to show (recorded).
      if (insight.spiffeId === undefined) return notLive(undefined);
      return ok(configDumpOf(insight.live()));
    case 'clusters':
    case 'stats':
      if (part === 'stats' && insight?.online === true) {
        const stats = world.proxies.statsOf(mesh, name);
        if (stats !== undefined) return ok(stats);
      }
      return notLive(insight);
    case '_layout':
    case '_policies':
      if (!isExclusive(mesh))
        throw badRequest(`bad request: can't use ${part} endpoint without meshService enabled`);
      return ok(part === '_layout' ? layoutOf(dataplane, world) : { policies: [] });
    default:
      return PAGE_NOT_FOUND;
  }
}

/** What only Envoy can say. @throws StdError 500 where there is none to ask. */
function notLive(insight: Insight | undefined): Answer {
  if (insight?.online === true) return NOT_IN_THE_STAND_IN;
  throw new StdError(500, 'Could not execute admin operation', 'Internal Server Error');
}

/** Where a MeshService's Dataplanes are listed. */
function membersPath({ flavour }: World): string {
  return flavour.tags ? '_resources/dataplanes' : '_dataplanes';
}

function readOnlyIn3(part: string, dataplane: StoredResource, world: World): Json | undefined {
  if (part === '_rules') return rulesOf(dataplane);
  if (part === 'rules') throw notFound('Could not execute admin operation');
  if (/^_inbounds\/[^/]+\/_policies$/.test(part)) return inboundPoliciesOf(dataplane, world);
  return /^_outbounds\/[^/]+\/_policies$/.test(part) ? { policies: [] } : undefined;
}

const NO_HOSTNAMES = new StdError(
  400,
  'only "meshservices,meshexternalservices,meshmultizoneservices" are available for inspection',
  'Resource is not valid',
);

/** A global control plane answers these without, or before, looking for the Dataplane (recorded). */
function refuseBeforeLookup(
  part: string,
  mesh: string,
  name: string,
  { world }: ReadContext,
): void {
  if (part === '_config' && world.place.mode === 'global') {
    throw new StdError(405, 'Method not allowed', 'Not allowed on global CP');
  }
  const live = ['xds', 'clusters', 'stats'].includes(part);
  if (live && !world.store.get('Dataplane', mesh, name))
    throw notFound('Could not get dataplane resource');
}

function hostnameList(resource: StoredResource, { store, place }: World): Json {
  const found = hostnamesOf(resource, store, place)
    .map(({ hostname, zone }) => ({ hostname, zones: [{ name: zone }] }))
    .sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
  return { items: found.length > 0 ? found : null, total: found.length };
}

function selectedList(meshService: StoredResource, { index }: World): Json {
  const items = index
    .selectedBy(meshService)
    .map(({ labels, mesh, name }) => ({ labels, mesh, name, type: 'Dataplane' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { items, total: items.length };
}

function zoneOverviewOf(zone: StoredResource): Json {
  return { ...envelopeOf(zone, 'ZoneOverview'), zone: zone.fields };
}
