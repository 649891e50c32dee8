import { NOT_IN_THE_STAND_IN, ok, PAGE_NOT_FOUND } from './answer';
import type { Answer } from './answer';
import { hostnamesOf } from './hostnames';
import type { Kind } from './kinds';
import { overviewOf } from './overview';
import { listBody, parseListQuery } from './query';
import type { ReadContext } from './read-context';
import { layoutOf } from './references';
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
  const { world, version } = context;
  const query = parseListQuery(url.searchParams, kind);
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
    if (!entry) throw notFound();
    return ok(serviceInsightView(mesh, name, entry, world));
  }
  const part = below.join('/');
  if (kind.type === 'Dataplane') refuseBeforeLookup(part, mesh, name, context);
  const resource = world.store.get(kind.type, mesh, name);
  if (!resource) throw notFound();
  if (part === '') return ok(viewOf(resource, world));
  if (part === '_hostnames') return ok(hostnameList(resource, world));
  if (kind.type === 'MeshService' && part === '_resources/dataplanes')
    return ok(selectedList(resource, world));
  return kind.type === 'Dataplane' ? readBelowDataplane(part, resource, context) : PAGE_NOT_FOUND;
}

function readBelowDataplane(part: string, dataplane: StoredResource, context: ReadContext): Answer {
  const { world, version, isExclusive } = context;
  const { mesh = '', name } = dataplane;
  const insight = world.proxies.insightOf(mesh, name);
  switch (part) {
    case '_overview':
      return ok(overviewOf(dataplane, world, version));
    case '_config':
      if (!insight) throw notFound('Failed to fetch dataplane insight');
      return NOT_IN_THE_STAND_IN;
    case 'xds':
    case 'clusters':
    case 'stats':
      if (insight?.online === true) {
        const stats = part === 'stats' ? world.proxies.statsOf(mesh, name) : undefined;
        return stats === undefined ? NOT_IN_THE_STAND_IN : ok(stats);
      }
      throw new StdError(500, 'Could not execute admin operation', 'Internal Server Error');
    case '_layout':
    case '_policies':
      if (!isExclusive(mesh))
        throw badRequest(`bad request: can't use ${part} endpoint without meshService enabled`);
      return ok(part === '_layout' ? layoutOf(dataplane, world) : { policies: [] });
    default:
      return PAGE_NOT_FOUND;
  }
}

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
