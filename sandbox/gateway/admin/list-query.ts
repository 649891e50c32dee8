import type { KongEntity } from '../config-view';
import type { AdminContext } from './admin-context';
import { refuse, Refusal, unexpected } from './reply';

export const defaultPageSize = 100;
export const maxPageSize = 1000;

/** @throws Refusal 400 for a size that is no number, or not from 1 to 1000. */
export function readSize(query: URLSearchParams): number {
  const size = readSizeNumber(query);
  if (!Number.isInteger(size) || size < 1 || size > maxPageSize) {
    throw invalidSize(`size must be an integer between 1 and ${maxPageSize}`);
  }
  return size;
}

/** Lists of targets take any number. */
export function readSizeNumber(query: URLSearchParams): number {
  const text = query.get('size');
  if (text === null) return defaultPageSize;
  const size = Number(text);
  if (text.trim() === '' || Number.isNaN(size)) throw invalidSize('size must be a number');
  return size;
}

function invalidSize(message: string): Refusal {
  return refuse(400, { name: 'invalid size', code: 9, message });
}

/** Which entities `?tags=` lets through; all where it is not given. */
export type TagFilter = (entity: KongEntity) => boolean;

/**
 * `a,b` asks for both tags, `a/b` for either.
 *
 * @throws Refusal 400 for an empty, mixed or unprintable filter. The filter itself throws Kong's 500 at
 * an entity without tags in DB-less mode (seen: its code walks a null there).
 */
export function readTagFilter(
  context: AdminContext,
  query: URLSearchParams,
): TagFilter | undefined {
  const text = query.get('tags');
  if (text === null) return undefined;
  if (text === '') throw invalidTags('cannot be null');
  const separators = new Set(text.match(/[,/]/g));
  const names = text.split(/[,/]/);
  if (separators.size > 1 || names.includes('') || /[\u0000-\u001f\u007f]/.test(text)) {
    throw invalidTags('invalid filter syntax');
  }
  const either = separators.has('/');
  return ({ tags }) => {
    if (!tags) {
      if (context.mode === 'dbless') throw new Refusal(unexpected);
      return false;
    }
    return either
      ? names.some((name) => tags.includes(name))
      : names.every((name) => tags.includes(name));
  };
}

function invalidTags(fault: string): Refusal {
  return refuse(400, {
    name: 'invalid options',
    code: 11,
    message: `invalid option (tags: ${fault})`,
    options: { tags: fault },
  });
}

/** The `next` of a page: the same path from there on. */
export function makeNext(
  path: string,
  offset: string,
  query: URLSearchParams,
  kept: readonly string[],
): string {
  const rest = kept.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [`&${name}=${encodeURIComponent(value)}`];
  });
  return `${path}?offset=${encodeURIComponent(offset)}${rest.join('')}`;
}
