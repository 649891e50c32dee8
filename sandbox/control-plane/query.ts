import type { Flavour } from './flavour';
import type { Kind } from './kinds';
import { networkingOf, tagSetsOf } from './resource';
import type { Json, StoredResource, Tags } from './resource';
import { invalidQuery } from './std-error';

export const DEFAULT_SIZE = 100;
export const MAX_SIZE = 1_000;

/** A list request: a page, and what an item must satisfy (undefined where nothing is asked). */
export interface ListQuery {
  readonly offset: number;
  readonly size: number;
  readonly name: string | undefined;
  readonly accepts: ((resource: StoredResource) => boolean) | undefined;
}

/** The part of a list that was asked for, and how many there are in all. */
export interface Page<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

/** @throws StdError 400, as recorded, for a size, offset or filter that is not one. */
export function parseListQuery(params: URLSearchParams, kind: Kind, flavour: Flavour): ListQuery {
  const name = params.get('name') ?? undefined;
  const checks = [
    ...(name === undefined ? [] : [(one: StoredResource) => one.name.includes(name)]),
    ...labelChecks(params, kind),
    ...(kind.type === 'Dataplane' ? dataplaneChecks(params, flavour) : []),
  ];
  return {
    offset: parseOffset(params.get('offset')),
    size: parseSize(params.get('size')),
    name,
    accepts: checks.length === 0 ? undefined : (one) => checks.every((check) => check(one)),
  };
}

/** One page of what passes, counted over all of it. */
export function pageOf<Item>(
  all: readonly Item[],
  { offset, size }: Pick<ListQuery, 'offset' | 'size'>,
): Page<Item> {
  return { total: all.length, items: all.slice(offset, offset + size) };
}

/**
 * The list as the API shows it. `next` is an absolute URL built from the request's Host header, its query in
 * alphabetical order; null on the last page.
 */
export function listBody(page: Page<Json>, { offset, size }: ListQuery, url: URL): Json {
  const following = offset + size;
  if (following >= page.total) return { total: page.total, items: page.items, next: null };
  const next = new URL(url);
  next.searchParams.set('offset', String(following));
  next.searchParams.set('size', String(size));
  next.searchParams.sort();
  return { total: page.total, items: page.items, next: next.href };
}

function parseOffset(text: string | null): number {
  if (text === null || text === '') return 0;
  if (/^\d+$/.test(text)) return Number(text);
  throw invalidQuery(
    `invalid: invalid offset: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

function parseSize(text: string | null): number {
  if (text === null || text === '') return DEFAULT_SIZE;
  const size = Number(text);
  const refuse = (message: string): Error =>
    invalidQuery('Invalid page size', [{ field: 'size', message }]);
  if (!Number.isInteger(size)) throw refuse('invalid format');
  if (size <= 0) throw refuse('must be greater than 0');
  if (size > MAX_SIZE)
    throw refuse(`invalid page size of ${size}. Maximum page size is ${MAX_SIZE}`);
  return size;
}

function labelChecks(
  params: URLSearchParams,
  { path }: Kind,
): ((one: StoredResource) => boolean)[] {
  return [...params].flatMap(([key, value]) => {
    const filter = /^filter\[(.*)\]$/.exec(key)?.[1];
    if (filter === undefined) return [];
    if (!filter.startsWith('labels.')) {
      const message = 'filters are only supported on labels';
      throw invalidQuery('Resource is not valid', [
        { field: `/meshes/{mesh}/${path}.${key}`, message },
      ]);
    }
    const label = filter.slice('labels.'.length);
    return [(one: StoredResource) => one.labels[label] === value];
  });
}

/** The tag filter compares by substring, as upstream: `kuma.io/service:back` finds `backend`. */
function dataplaneChecks(
  params: URLSearchParams,
  flavour: Flavour,
): ((one: StoredResource) => boolean)[] {
  // From 3.x on labels count as tags (recorded).
  const setsOf = (one: StoredResource): readonly Tags[] =>
    flavour.tags ? tagSetsOf(one) : [{ ...one.labels, ...networkingOf(one).gateway?.tags }];
  const tags = params.getAll('tag').map((tag) => {
    const colon = tag.indexOf(':');
    return colon < 0
      ? ([tag, ''] as const)
      : ([tag.slice(0, colon), tag.slice(colon + 1)] as const);
  });
  const checks: ((one: StoredResource) => boolean)[] = [];
  if (tags.length > 0) {
    checks.push((one) =>
      setsOf(one).some((set) => tags.every(([key, value]) => set[key]?.includes(value) === true)),
    );
  }
  const gateway = params.get('gateway');
  if (gateway !== null && flavour.gatewayBlock) checks.push(gatewayCheck(gateway, flavour));
  return checks;
}

function gatewayCheck(wanted: string, { tags }: Flavour): (one: StoredResource) => boolean {
  const gatewayOf = (one: StoredResource): string | undefined => {
    const { gateway } = networkingOf(one);
    return gateway && (gateway.type ?? 'DELEGATED').toLowerCase();
  };
  switch (wanted) {
    case 'true':
      return (one) => gatewayOf(one) !== undefined;
    case 'false':
      return (one) => gatewayOf(one) === undefined;
    case 'delegated':
      return (one) => gatewayOf(one) === wanted;
    default: {
      if (tags && wanted === 'builtin') return (one) => gatewayOf(one) === wanted;
      // The API's own spelling.
      const message = tags
        ? `shoud use \`true\`, \`false\`, 'builtin' or 'delegated' instead of ${wanted}`
        : `should use \`true\`, \`false\` or \`delegated\` instead of ${wanted}`;
      throw invalidQuery('Resource is not valid', [
        { field: '/meshes/{mesh}/dataplanes.gateway', message },
      ]);
    }
  }
}
