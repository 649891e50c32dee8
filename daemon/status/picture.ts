/** Where Kong sends what, one row a way: route → Kong service → address → mesh service. Pure. */
import { formatAddress } from '../../catalog/address';
import { serviceKey, type MeshService } from '../../catalog/service';
import { representatives } from '../../catalog/twins';
import { entityLabel, type Entity, type KongState, type Owner } from '../kong/model';
import type { LinkOutcome, ResolvedLink } from '../translate/translation';
import {
  healthNow,
  healths,
  inDoubt,
  keyOf,
  servingNow,
  type Health,
  type PictureDoubt,
  type Serving,
} from './row-health';
import { indexLinks } from './link-index';
import { readText, safeName } from './safe-name';
import { healthOfAll, indexShares, showShare, type ShareShown, type SharesOf } from './shares';

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
  readonly shares?: readonly ShareShown[];
  /** Where the fallback serves now: why the service itself does not. */
  readonly insteadOf?: string;
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
    rows.push(rowOf(route, service, linkOf(route.id, service), sharesOf, mesh, doubt));
  }
  for (const service of kongServices.values()) {
    if (withRoute.has(service.id)) continue;
    rows.push(rowOf(undefined, service, linkOf(undefined, service), sharesOf, mesh, doubt));
  }
  const twins = representatives(services);
  const used = new Set(
    links
      .flatMap(({ outcome, fallback }) => [keyOf(outcome), keyOf(fallback?.outcome)])
      .map((key) => twins.get(key ?? '') ?? key),
  );
  for (const [key, service] of mesh) {
    // A legacy tag beside the MeshService that took its place is no service more.
    if (twins.get(key) !== key || used.has(key)) continue;
    rows.push({ ...unused(service), id: `mesh/${key}` });
  }
  return sortRows(rows);
}

/** How many services there are, each counted once, in however many forms the mesh shows it. */
export function countServices(services: readonly MeshService[]): number {
  return new Set(representatives(services).values()).size;
}

/** How many rows there are of each health. */
export function countHealths(rows: readonly PictureRow[]): Readonly<Record<Health, number>> {
  const counts = Object.fromEntries(healths.map((health) => [health, 0])) as Record<Health, number>;
  for (const { health } of rows) counts[health] += 1;
  return counts;
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
  const shares = link?.share ? sharesOf(link) : [];
  const serving = link && servingNow(link, shares, mesh);
  const found = serving && mesh.get(keyOf(serving.outcome) ?? '');
  const port = serving && 'port' in serving.outcome ? serving.outcome.port : undefined;
  const shown = shares.map((share) => showShare(share, mesh));
  const healthShown = serving && healthOfAll(healthNow(serving, found), shown);
  return {
    id: route ? `route/${route.id}` : `service/${service?.id ?? ''}`,
    health: link && healthShown ? inDoubt(healthShown, link, doubt) : 'outside',
    ...(route
      ? { route: { name: safeName(route), match: matchOf(route), owner: route.owner } }
      : {}),
    ...(service
      ? { service: { name: safeName(service), dials: dialled(service), owner: service.owner } }
      : {}),
    ...(link && serving
      ? { link: showLink(link, serving, shown), ...showAddress(serving.outcome) }
      : {}),
    ...(found ? { mesh: showMesh(found, port) } : {}),
    labels: [...new Set(carriers.map(entityLabel))],
  };
}

function unused(service: MeshService): Omit<PictureRow, 'id'> {
  return { health: 'unused', mesh: showMesh(service, undefined), labels: [] };
}

function showLink(
  { kind, time, reference, outcome, fallback }: ResolvedLink,
  serving: Serving,
  shares: readonly ShareShown[],
): LinkShown {
  const now = serving.outcome;
  return {
    kind,
    time,
    reference,
    reason: now.reason,
    ...(now.state === 'linked' ? { hostHeader: now.hostHeader } : {}),
    ...(outcome.state === 'linked' ? {} : { code: outcome.code }),
    ...(fallback ? { fallback: fallback.reference } : {}),
    ...(serving.insteadOf === undefined ? {} : { insteadOf: serving.insteadOf }),
    ...(shares.length > 0 ? { shares } : {}),
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

/** The worst first; then what leads to one mesh service stays together, in the order people count in. */
function sortRows(rows: readonly PictureRow[]): readonly PictureRow[] {
  const keyed = rows.map((row) => ({ row, key: sortKey(row) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ row }) => row);
}

function sortKey({ id, health, route, service, link, mesh }: PictureRow): string {
  const place = String(healths.indexOf(health)).padStart(2, '0');
  const end = mesh ? [mesh.name, mesh.namespace, mesh.zone] : [link?.reference];
  const names = [...end, service?.name, route?.name].map((name) => countable(name ?? ''));
  return [place, ...names, id].join('\0');
}

/** `svc-2` before `svc-10`. */
function countable(name: string): string {
  return name.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'));
}
