/** A whole list, page by page. */
import * as z from 'zod';

import type { ApiClient } from './api-client';
import { hasCode } from './api-error';
import { kubernetesClientErrors } from './errors';
import { resourcePath, type ResourceRef } from './resource-path';

export interface Collection {
  readonly resource: ResourceRef;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface Listed<T> {
  readonly items: readonly T[];
  /** Where a watch takes over. */
  readonly version: string;
}

/** Small enough that parsing one does not hold up the process. */
const pageSize = 500;
const maxWalks = 3;
/** A million objects: more is an error in the token, not a cluster. */
const maxPages = 2000;

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().nullish() }),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});

/**
 * All objects, mapped one page at a time: what is not kept of them is gone before the next page.
 * Pages are of one version; should it expire on the way, the walk starts over.
 * @throws MeshdError K8S_*
 */
export async function listResources<T>(
  client: ApiClient,
  collection: Collection,
  map: (object: unknown) => T,
  signal: AbortSignal,
): Promise<Listed<T>> {
  for (let walk = 1; ; walk += 1) {
    try {
      return await walkPages(client, collection, map, signal);
    } catch (error) {
      if (!hasCode(error, 'K8S_EXPIRED') || walk >= maxWalks) throw error;
    }
  }
}

export function selectorsOf({
  labelSelector,
  fieldSelector,
}: Collection): Readonly<Record<string, string>> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

async function walkPages<T>(
  client: ApiClient,
  collection: Collection,
  map: (object: unknown) => T,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const { resource, namespace } = collection;
  const path = resourcePath(resource, namespace);
  const items: T[] = [];
  let next: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const query = {
      limit: String(pageSize),
      ...selectorsOf(collection),
      ...(next === undefined ? {} : { continue: next }),
    };
    const answer = await client.send({ verb: 'list', resource, namespace, path, query }, signal);
    const page = Page.safeParse(answer);
    if (!page.success) throw await unexpected(client, path, 'it is no list');
    for (const item of page.data.items) items.push(map(item));
    const { continue: more, resourceVersion } = page.data.metadata;
    // Built-in kinds leave the token out on the last page, others print it empty.
    if (!more) return { items, version: resourceVersion };
    if (more === next) throw await unexpected(client, path, 'its next page is the same again');
    if (pages === maxPages) throw await unexpected(client, path, `no end after ${pages} pages`);
    next = more;
  }
}

async function unexpected(client: ApiClient, path: string, cause: string): Promise<Error> {
  const { url } = await client.cluster.connection();
  return kubernetesClientErrors.error('K8S_UNEXPECTED', { url, path, cause });
}
