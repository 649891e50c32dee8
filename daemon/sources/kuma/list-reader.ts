/** One list of a control plane, page by page, with what did not change taken over from the last walk. */
import { isDeepStrictEqual } from 'node:util';

import * as z from 'zod';

import type { Failure } from '../../../catalog/error';
import { sourceErrors } from '../errors';
import {
  entityOf,
  ignoredHostname,
  invalidResource,
  keptResource,
  parseResource,
} from '../resources/parse-resource';
import type { Connection, Reply } from './connection';
import { missing, readJson, readShape, type Asked } from './read-reply';

/** All values of a list. The same object as the last time where no page changed. */
export interface Collected<T> {
  readonly values: readonly T[];
  readonly failures: readonly Failure[];
  /** This version of the control plane does not have the kind: an empty list. */
  readonly absent?: true;
}

export interface ListReader<T> {
  /**
   * The complete list, or rejects.
   * @throws MeshdError of a connection or of `readJson`, KUMA_MESH_MISSING, KUMA_UNEXPECTED, or
   * KUMA_UNSTABLE where the list changes faster than it can be walked.
   */
  read(connection: Connection, signal: AbortSignal): Promise<Collected<T>>;
}

export interface ListOptions<T> {
  /** For messages: `MeshService`. */
  readonly type: string;
  readonly mesh: string;
  /** The list's name in the path: `meshservices`. */
  readonly list: string;
  readonly filter?: Readonly<Record<string, string>>;
  /** Every version has this kind: its absence is an error. */
  readonly required?: boolean;
  readonly resource: z.ZodType<T>;
}

interface Page<T> extends Collected<T> {
  readonly digest: string;
  /** Of its text, in bytes. */
  readonly size: number;
  readonly total: number;
  readonly next: string | undefined;
  readonly names: readonly string[];
  /** The names of `values`, in their order. */
  readonly valued: readonly string[];
}

const PageShape = z.object({
  total: z.int().min(0),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
  next: z.string().nullish(),
});

/** 1000 is the largest page a control plane gives: 2000 Dataplanes take a tenth of the time of 20 pages. */
const pageSize = '1000';
/**
 * A page that is known and this large is first only looked at: what is kept of 80 MB of pages makes the
 * garbage collector walk the whole heap on every pass. One that did change is asked for once more.
 */
const largePage = 128 * 1024;
/** A list that changes during a walk may skip or repeat entries: the walk is made again. */
const maxWalks = 5;
/** A million entries: more is an error in `next`, not a mesh. */
const maxPages = 1000;

export function createListReader<T>(options: ListOptions<T>): ListReader<T> {
  const { type, mesh, list, filter, resource } = options;
  const path = `/meshes/${encodeURIComponent(mesh)}/${list}`;
  const firstQuery = `?${new URLSearchParams({ ...filter, size: pageSize }).toString()}`;
  const absent: Collected<T> = Object.freeze({ values: [], failures: [], absent: true });
  let known = new Map<string, Page<T>>();
  /** The last good form of each entry: one that stops to fit is not gone for that. */
  let good: ReadonlyMap<string, T> = new Map();
  let last: { readonly pages: readonly Page<T>[]; readonly collected: Collected<T> } | undefined;

  async function fetchPage(
    connection: Connection,
    query: string,
    signal: AbortSignal,
  ): Promise<Page<T> | undefined> {
    const asked = { url: connection.url, path: path + query };
    const page = known.get(query);
    if (page && page.size >= largePage) {
      const { status, digest } = await connection.digestOf(asked.path, signal);
      if (status === 200 && page.digest === digest) return page;
    }
    const reply = await connection.get(asked.path, signal);
    const absence = missing(reply);
    if (absence === 'route' && !options.required) return undefined;
    if (absence === 'resource') throw sourceErrors.error('KUMA_MESH_MISSING', { ...asked, mesh });
    if (page?.digest === reply.digest && reply.status === 200) return page;
    return readPage(reply, asked);
  }

  function readPage(reply: Reply, asked: Asked): Page<T> {
    const { total, items, next } = readShape(PageShape, readJson(reply, asked), asked);
    const names: string[] = [];
    const valued: string[] = [];
    const values: T[] = [];
    const failures: Failure[] = [];
    for (const item of items) {
      const name = nameOf(item) ?? '';
      names.push(name);
      const parsed = parseResource(resource, item);
      const before = good.get(name);
      const value = parsed.ok ? sameAs(before, parsed.value) : before;
      if (value !== undefined) {
        valued.push(name);
        values.push(value);
      }
      if (parsed.ok) {
        const entity = entityOf(type, item);
        failures.push(...parsed.ignored.map((ignored) => ignoredHostname(entity, ignored)));
        continue;
      }
      const report = value === undefined ? invalidResource : keptResource;
      failures.push(report(entityOf(type, item), parsed));
    }
    const { digest, size } = reply;
    return { digest, size, total, next: nextQuery(next, asked), names, valued, values, failures };
  }

  /** @returns undefined where the list moved under the walk, `absent` where the kind is not known. */
  async function walk(
    connection: Connection,
    signal: AbortSignal,
  ): Promise<readonly Page<T>[] | undefined | 'absent'> {
    const pages: Page<T>[] = [];
    const walked = new Map<string, Page<T>>();
    for (let query: string | undefined = firstQuery; query !== undefined;) {
      const page = await fetchPage(connection, query, signal);
      // Gone halfway is a change, not an absence.
      if (!page) return pages.length === 0 ? 'absent' : undefined;
      if (walked.has(query)) return undefined;
      if (pages.length >= maxPages) {
        const cause = `it has no end after ${maxPages} pages`;
        throw sourceErrors.error('KUMA_UNEXPECTED', { url: connection.url, path, cause });
      }
      pages.push(page);
      walked.set(query, page);
      known.set(query, page);
      if (page.total !== pages[0]?.total) return undefined;
      query = page.next;
    }
    known = walked;
    return pages;
  }

  return {
    async read(connection, signal) {
      for (let attempt = 0; attempt < maxWalks; attempt++) {
        const pages = await walk(connection, signal);
        if (pages === 'absent') return absent;
        if (!pages) continue;
        if (last && sameElements(last.pages, pages)) return last.collected;
        if (!isWhole(pages)) continue;
        last = { pages, collected: collect(pages) };
        good = goodOf(pages);
        return last.collected;
      }
      const details = { url: connection.url, path, attempts: maxWalks };
      throw sourceErrors.error('KUMA_UNSTABLE', details);
    },
  };
}

/** As many entries as the list says it has, none of them twice. */
function isWhole(pages: readonly Page<unknown>[]): boolean {
  const names = pages.flatMap((page) => page.names);
  return names.length === pages[0]?.total && new Set(names).size === names.length;
}

/** What did not change stays the same object: whatever was made of it is still true. */
function sameAs<T>(before: T | undefined, now: T): T {
  return before !== undefined && isDeepStrictEqual(before, now) ? before : now;
}

function collect<T>(pages: readonly Page<T>[]): Collected<T> {
  return {
    values: pages.flatMap((page) => page.values),
    failures: pages.flatMap((page) => page.failures),
  };
}

function goodOf<T>(pages: readonly Page<T>[]): ReadonlyMap<string, T> {
  const good = new Map<string, T>();
  for (const { valued, values } of pages) {
    for (const [index, value] of values.entries()) good.set(valued[index] ?? '', value);
  }
  return good;
}

/**
 * `next` is built from the Host header that reached the server, so behind a proxy it leads elsewhere:
 * only its query is followed, at the host that was configured.
 */
function nextQuery(next: string | null | undefined, asked: Asked): string | undefined {
  if (next === null || next === undefined || next === '') return undefined;
  if (URL.canParse(next, asked.url)) {
    const { search } = new URL(next, asked.url);
    if (search !== '') return search;
  }
  throw sourceErrors.error('KUMA_UNEXPECTED', { ...asked, cause: 'next has no query' });
}

function nameOf(item: unknown): string | undefined {
  const name = (item as { readonly name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : undefined;
}

function sameElements(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index]);
}
