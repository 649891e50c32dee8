import type { KongEntity } from '../config-view';
import type { AdminContext } from './admin-context';
import { makeNext, maxPageSize, readSizeNumber } from './list-query';
import { Refusal, unexpected } from './reply';

export interface TargetPage {
  readonly targets: readonly KongEntity[];
  /** Of the page's reply: `next`, and `offset` where there is a next. */
  readonly paging: { readonly next: string | null; readonly offset?: string };
}

/**
 * One page of an upstream's targets, newest first. Kong pages them by row number, with oddities that
 * were all seen: `next` forgets the size, a size of 0 never ends, one above 1000 counts as 1000, and a
 * bad offset is a 500.
 */
export function pageTargets(
  context: AdminContext,
  upstream: KongEntity,
  path: string,
  query: URLSearchParams,
): TargetPage {
  const size = Math.min(Math.max(0, Math.floor(readSizeNumber(query))), maxPageSize);
  const start = Number(query.get('offset') ?? 0);
  if (!Number.isInteger(start) || start < 0) throw new Refusal(unexpected);
  const all = newestFirst(context, upstream);
  const targets = all.slice(start, start + size);
  const end = start + size;
  if (end >= all.length) return { targets, paging: { next: null } };
  const offset = String(end);
  return { targets, paging: { next: makeNext(path, offset, query, []), offset } };
}

function newestFirst(context: AdminContext, upstream: KongEntity): KongEntity[] {
  const collection = context.store.of('targets');
  return [...collection.childIds('upstream', upstream.id)]
    .flatMap((id) => collection.get(id) ?? [])
    .sort(
      (left, right) =>
        Number(right.created_at) - Number(left.created_at) || (left.id < right.id ? 1 : -1),
    );
}
