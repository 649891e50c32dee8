/** Where Kong sends what, one row a way: route → Kong service → address → mesh service. Pure. */
import { formatAddress } from '../../catalog/address';
import { serviceKey, type MeshService } from '../../catalog/service';
import { entityLabel, type Entity, type KongState, type Owner } from '../kong/model';
import type { LinkOutcome, ResolvedLink } from '../translate/translation';
import { readText, safeName } from './safe-name';
import { healthOfAll, indexShares, type SharesOf } from './shares';

/**
 * `unserved`: the plugin server that leads it does not answer. `outside`: leads past the mesh, as the user configured it. `unused`: a mesh service that no Kong
 * entity is linked to. The worst comes first: it is the order in which rows are shown.
 */
export const healths = [
  'unresolved',
  'unserved',
  'unavailable',
  'stale',
  'degraded',
  'unknown',
  'healthy',
  'outside',
  'unused',
] as const;
export type Health = (typeof healths)[number];

export interface PictureRow {
  readonly id: string;
  readonly health: Health;
  readonly route?: { readonly name: string; readonly match: string; readonly owner: Owner };
  readonly service?: { readonly name: string; readonly dials: string; readonly owner: Owner };
  readonly link?: LinkShown;
  readonly address?: { readonly form: string; readonly text: string };
  readonly mesh?: MeshShown;
  /** How findings name what is on this row: `route orders`. */
  readonly labels: readonly string[];
}

export interface LinkShown {
  readonly kind: ResolvedLink['kind'];
  readonly time: ResolvedLink['time'];
  readonly reference: string;
  readonly reason: string;
  readonly code?: string;
  readonly hostHeader?: string | null;
  readonly fallback?: string;
  /** Where several mesh services share the requests. */
  readonly shares?: readonly { readonly reference: string; readonly weight: number }[];
}

export interface MeshShown {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly zone?: string;
  readonly port?: number;
  readonly endpoints?: { readonly total: number; readonly healthy: number };
}

export interface PictureInput {
  readonly kong: KongState | undefined;
  readonly links: readonly ResolvedLink[];
  readonly services: readonly MeshService[];
  readonly doubt?: PictureDoubt;
}

/** What is not confirmed at the moment: no way may be called healthy by what was so before. */
export interface PictureDoubt {
  /** The mesh was not seen for some time, or nobody knows whether Kong holds what it should. */
  readonly unconfirmed: boolean;
  /** Kong asks the plugin server at each request of a link that is looked up per request. */
  readonly pluginServerDown: boolean;
}

const noDoubt: PictureDoubt = { unconfirmed: false, pluginServerDown: false };

/** Every route, every Kong service without one, and every mesh service that nothing leads to. */
export function drawPicture({
  kong,
  links,
  services,
  doubt = noDoubt,
}: PictureInput): readonly PictureRow[] {
  const mesh = new Map(services.map((service) => [serviceKey(service), service]));
  const entities = kong?.entities ?? [];
  const kongServices = new Map(
    entities.filter(({ type }) => type === 'services').map((entity) => [entity.id, entity]),
  );
  const linkOf = indexLinks(links);
  const sharesOf = indexShares(links);
  const withRoute = new Set<string>();
  const rows: PictureRow[] = [];
  for (const route of entities) {
    if (route.type !== 'routes') continue;
    const service = kongServices.get(route.references['service']?.id ?? '');
    if (service) withRoute.add(service.id);
    rows.push(rowOf(route, service, linkOf(route.id, service?.id), sharesOf, mesh, doubt));
  }
  for (const service of kongServices.values()) {
    if (withRoute.has(service.id)) continue;
    rows.push(rowOf(undefined, service, linkOf(undefined, service.id), sharesOf, mesh, doubt));
  }
  const used = new Set(
    links.flatMap(({ outcome, fallback }) => [keyOf(outcome), keyOf(fallback?.outcome)]),
  );
  for (const [key, service] of mesh) {
    if (!used.has(key)) rows.push({ ...unused(service), id: `mesh/${key}` });
  }
  return rows.sort(compareRows);
}

/** How many rows there are of each health. */
export function countHealths(rows: readonly PictureRow[]): Readonly<Record<Health, number>> {
  const counts = Object.fromEntries(healths.map((health) => [health, 0])) as Record<Health, number>;
  for (const { health } of rows) counts[health] += 1;
  return counts;
}

/** A route's own link wins over its service's, and the plugin over what is written into the service. */
function indexLinks(links: readonly ResolvedLink[]) {
  const byRoute = new Map<string, ResolvedLink>();
  const byService = new Map<string, ResolvedLink>();
  for (const link of links) {
    if (link.routeId !== undefined) {
      if (!byRoute.has(link.routeId)) byRoute.set(link.routeId, link);
    } else if (link.serviceId !== undefined) {
      const other = byService.get(link.serviceId);
      if (!other || (other.time === 'config' && link.time === 'request')) {
        byService.set(link.serviceId, link);
      }
    }
  }
  return (routeId: string | undefined, serviceId: string | undefined): ResolvedLink | undefined =>
    byRoute.get(routeId ?? '') ?? byService.get(serviceId ?? '');
}

function rowOf(
  route: Entity | undefined,
  service: Entity | undefined,
  link: ResolvedLink | undefined,
  sharesOf: SharesOf,
  mesh: ReadonlyMap<string, MeshService>,
  doubt: PictureDoubt,
): PictureRow {
  const carriers = [route, service, link?.entity].filter((entity) => entity !== undefined);
  const found = link && mesh.get(keyOf(link.outcome) ?? '');
  const port = link && 'port' in link.outcome ? link.outcome.port : undefined;
  const shares = link?.share ? sharesOf(link) : [];
  const health = healthOfAll(
    link && healthOf(link.outcome, found),
    shares
      .filter(({ share }) => share?.weight !== 0)
      .map(({ outcome }) => healthOf(outcome, mesh.get(keyOf(outcome) ?? ''))),
  );
  return {
    id: route ? `route/${route.id}` : `service/${service?.id ?? ''}`,
    health: link && health ? inDoubt(health, link, doubt) : 'outside',
    ...(route
      ? { route: { name: safeName(route), match: matchOf(route), owner: route.owner } }
      : {}),
    ...(service
      ? { service: { name: safeName(service), dials: dialled(service), owner: service.owner } }
      : {}),
    ...(link ? { link: showLink(link, shares), ...showAddress(link.outcome) } : {}),
    ...(found ? { mesh: showMesh(found, port) } : {}),
    labels: [...new Set(carriers.map(entityLabel))],
  };
}

function unused(service: MeshService): Omit<PictureRow, 'id'> {
  return { health: 'unused', mesh: showMesh(service, undefined), labels: [] };
}

function healthOf(outcome: LinkOutcome, service: MeshService | undefined): Health {
  if (outcome.state !== 'linked') return outcome.state;
  if (!service) return 'unknown';
  const { availability, endpoints } = service;
  if (availability === 'unavailable' || endpoints?.healthy === 0) return 'unavailable';
  if (endpoints && endpoints.healthy < endpoints.total) return 'degraded';
  return availability === 'available' ? 'healthy' : 'unknown';
}

function inDoubt(health: Health, { time }: ResolvedLink, doubt: PictureDoubt): Health {
  if (health === 'unresolved') return health;
  if (doubt.pluginServerDown && time === 'request') return 'unserved';
  const isOfTheMoment = health === 'healthy' || health === 'degraded' || health === 'unavailable';
  return doubt.unconfirmed && isOfTheMoment ? 'unknown' : health;
}

function showLink(
  { kind, time, reference, outcome, fallback }: ResolvedLink,
  shares: readonly ResolvedLink[],
): LinkShown {
  return {
    kind,
    time,
    reference,
    reason: outcome.reason,
    ...(outcome.state === 'linked' ? { hostHeader: outcome.hostHeader } : { code: outcome.code }),
    ...(fallback ? { fallback: fallback.reference } : {}),
    ...(shares.length > 0
      ? {
          shares: shares.map((one) => ({
            reference: one.reference,
            weight: one.share?.weight ?? 0,
          })),
        }
      : {}),
  };
}

function showAddress(outcome: LinkOutcome): Pick<PictureRow, 'address'> {
  if (outcome.state === 'unresolved') return {};
  const form = outcome.state === 'linked' ? outcome.address.form : 'last known';
  return { address: { form, text: formatAddress(outcome.address) } };
}

function showMesh(service: MeshService, port: number | undefined): MeshShown {
  const { kind, name, namespace, zone, endpoints } = service;
  return {
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(zone === undefined ? {} : { zone }),
    ...(port === undefined ? {} : { port }),
    ...(endpoints ? { endpoints } : {}),
  };
}

/** `GET POST api.example.com /orders`: what of a request the route looks at, in short. */
function matchOf(route: Entity): string {
  const parts = ['methods', 'hosts', 'snis', 'paths', 'expression'].flatMap((field) => {
    const text = readText(route, field);
    return text === undefined || text === '' ? [] : [text];
  });
  return parts.join(' ');
}

function dialled(service: Entity): string {
  const host = readText(service, 'host');
  if (host === undefined) return '';
  const port = service.fields['port'];
  return formatAddress({ host, port: typeof port === 'number' ? port : 80 });
}

function keyOf(outcome: LinkOutcome | undefined): string | undefined {
  return outcome && 'service' in outcome ? outcome.service : undefined;
}

function compareRows(a: PictureRow, b: PictureRow): number {
  const byHealth = healths.indexOf(a.health) - healths.indexOf(b.health);
  if (byHealth !== 0) return byHealth;
  const [x, y] = [sortName(a), sortName(b)];
  return x < y ? -1 : x > y ? 1 : a.id < b.id ? -1 : 1;
}

/** Rows of one Kong service stay together, so that their lines meet. */
function sortName({ service, route, mesh }: PictureRow): string {
  return `${service?.name ?? mesh?.name ?? ''}\0${route?.name ?? ''}`;
}
