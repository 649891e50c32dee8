import { isUuid } from '../../kong/ids';
import { entityKinds } from '../../kong/kinds';
import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';

/** An entity as Kong gives it. */
export type RawEntity = Readonly<Record<string, unknown>> & { readonly id: string };

export interface Page {
  readonly items: readonly RawEntity[];
  /** Where the next page begins; absent on the last. */
  readonly offset?: string;
  /** Of Kong, from the header. */
  readonly version: string | undefined;
}

/** The most that Kong gives in one page. */
const pageSize = 1000;
/** A million entities: more is an error in `next`, not a gateway. */
const maxPages = 1000;

export interface ListQuery {
  /** Only entities with all of these, where Kong filters: below a parent it does not (seen). */
  readonly tags?: readonly string[];
  readonly offset?: string | undefined;
}

/**
 * One page of a list. Only the offset of `next` is followed: its path lacks what a proxy puts before
 * it, and of lists below a parent it forgets the size (seen), so that pages shrink to 100.
 * @returns undefined where Kong has no such list.
 */
export async function readPage(
  client: KongClient,
  path: string,
  { tags = [], offset }: ListQuery,
  signal: AbortSignal,
): Promise<Page | undefined> {
  const query = [
    `size=${pageSize}`,
    ...(tags.length > 0 ? [`tags=${tags.map(encodeURIComponent).join(',')}`] : []),
    ...(offset === undefined ? [] : [`offset=${encodeURIComponent(offset)}`]),
  ].join('&');
  const request = { method: 'GET', path: `${path}?${query}`, accept: [404] } as const;
  const { status, data, version } = await client.request(request, signal);
  if (status === 404) return undefined;
  const items = rowsOf(data);
  if (!items) throw invalid(client, path, 'it is no list of entities');
  const next = nextOf(data);
  if (next === undefined) return { items, version };
  const following = offsetOf(next);
  // Followed again and again, a page that leads to itself would never end.
  if (following === undefined || following === offset) {
    throw invalid(client, path, `its next page is ${next}`);
  }
  return { items, version, offset: following };
}

/**
 * All pages, one after the other as each says where the next begins.
 * @returns false where Kong has no such list.
 */
export async function eachPage(
  client: KongClient,
  path: string,
  tags: readonly string[],
  signal: AbortSignal,
  use: (page: Page) => void | Promise<void>,
): Promise<boolean> {
  const followed = new Set<string>();
  let offset: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = await readPage(client, path, { tags, offset }, signal);
    if (!page) return false;
    await use(page);
    if (page.offset === undefined) return true;
    if (pages === maxPages) throw invalid(client, path, `it has no end after ${pages} pages`);
    offset = page.offset;
    // Two pages that lead to each other would never end either.
    if (followed.has(offset)) throw invalid(client, path, 'its pages lead in a circle');
    followed.add(offset);
  }
}

/** The whole list; empty where Kong has none such. */
export async function readList(
  client: KongClient,
  path: string,
  signal: AbortSignal,
): Promise<readonly RawEntity[]> {
  const pages: (readonly RawEntity[])[] = [];
  await eachPage(client, path, [], signal, ({ items }) => void pages.push(items));
  return pages.flat();
}

/** By hand, as a schema over 60,000 entities costs a second. */
function rowsOf(data: unknown): readonly RawEntity[] | undefined {
  if (typeof data !== 'object' || data === null || !('data' in data)) return undefined;
  const rows = data.data;
  if (!Array.isArray(rows) || !rows.every(isRawEntity)) return undefined;
  return rows;
}

/**
 * Its own id and those of what it refers to go into the paths of later writes: anything but a UUID
 * could lead them elsewhere.
 */
export function isRawEntity(row: unknown): row is RawEntity {
  if (!hasUuid(row)) return false;
  for (const field of referenceFields) {
    const value = (row as RawEntity)[field];
    if (typeof value === 'object' && value !== null && !hasUuid(value)) return false;
  }
  return true;
}

const referenceFields = [
  ...new Set(Object.values(entityKinds).flatMap(({ references }) => Object.keys(references))),
];

function hasUuid(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('id' in value)) return false;
  return typeof value.id === 'string' && isUuid(value.id);
}

function nextOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('next' in data)) return undefined;
  return typeof data.next === 'string' ? data.next : undefined;
}

function offsetOf(next: string): string | undefined {
  const at = next.indexOf('?');
  return at < 0 ? undefined : (new URLSearchParams(next.slice(at)).get('offset') ?? undefined);
}

function invalid(client: KongClient, path: string, cause: string) {
  const details = { url: client.url, method: 'GET', path, cause };
  return targetErrors.error('KONG_REPLY_INVALID', details);
}
