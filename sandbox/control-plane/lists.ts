import type { Kind } from './kinds';
import { pageOf } from './query';
import type { ListQuery, Page } from './query';
import type { ReadContext } from './read-context';
import type { Json, StoredResource } from './resource';
import { SERVICE_TYPES, serviceInsightView, serviceTypeOf } from './service-insights';
import { badRequest } from './std-error';
import type { World } from './views';

/** One page of a kind. Without a filter only the page is touched; with one, the whole collection, as upstream. */
export function listResources(
  kind: Kind,
  mesh: string | undefined,
  query: ListQuery,
  { store }: World,
): Page<StoredResource> {
  const meshes = mesh !== undefined || kind.scope === 'global' ? [mesh ?? ''] : store.meshes();
  const collections = meshes.map((one) => store.collection(kind.type, one));
  const { accepts, offset, size } = query;
  const [only] = collections;
  if (!accepts && only && collections.length === 1) {
    return { total: only.size, items: only.page(offset, size) };
  }
  const all = collections.flatMap((one) => one.page(0, Infinity));
  return pageOf(accepts ? all.filter(accepts) : all, query);
}

/**
 * One page of the service insights. In mode Exclusive only gateways are left (recorded); a global control
 * plane without zones has none.
 * @throws StdError 400 for a type that is none.
 */
export function listServiceInsights(
  mesh: string | undefined,
  query: ListQuery,
  types: string | null,
  { world, isExclusive }: ReadContext,
): Page<Json> {
  const wanted = types?.split(',');
  if (wanted?.some((type) => !SERVICE_TYPES.includes(type)) === true) {
    throw badRequest('bad request: unsupported service type');
  }
  if (world.flavour.serviceInsights === 'empty' && wanted?.includes('gateway_builtin') === true) {
    throw badRequest('bad request: unsupported service type');
  }
  if (world.place.mode === 'global' || world.flavour.serviceInsights !== 'full') {
    return { total: 0, items: [] };
  }
  const meshes = mesh === undefined ? world.store.meshes() : [mesh];
  const passing = meshes.flatMap((one) =>
    namesIn(one, query.name, wanted, world, isExclusive(one)).map((name) => [one, name] as const),
  );
  const { total, items } = pageOf(passing, query);
  return { total, items: items.flatMap(([one, name]) => insightOf(one, name, world)) };
}

function namesIn(
  mesh: string,
  part: string | undefined,
  types: readonly string[] | undefined,
  world: World,
  exclusive: boolean,
): readonly string[] {
  const services = world.index.services(mesh);
  if (part === undefined && !types && !exclusive) return services.keys();
  return services.keys().filter((name) => {
    if (part !== undefined && !name.includes(part)) return false;
    const entry = services.get(name);
    if (!entry) return false;
    const type = serviceTypeOf(mesh, entry, world);
    return (!exclusive || type.startsWith('gateway')) && (types?.includes(type) ?? true);
  });
}

function insightOf(mesh: string, name: string, world: World): Json[] {
  const entry = world.index.services(mesh).get(name);
  return entry ? [serviceInsightView(mesh, name, entry, world)] : [];
}
