/** From an answer's bytes to its JSON, or to the error that says what the answer means. */
import * as z from 'zod';

import type { MeshdError } from '../../../catalog/error';
import { sourceErrors } from '../errors';
import type { Reply } from './connection';

export interface Asked {
  readonly url: string;
  readonly path: string;
}

/** Kuma's own problem document; `title` and `detail` since 2.6, `details` before. */
const Problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  details: z.string().optional(),
});

/**
 * `route`: the control plane does not know this kind of resource, as its router says it in plain text.
 * `resource`: it knows the kind, but there is no such mesh or entity. Any other 404 is neither.
 */
export function missing({ status, contentType, body }: Reply): 'route' | 'resource' | undefined {
  if (status !== 404) return undefined;
  if (/^application\/(problem\+)?json\b/.test(contentType)) {
    return problemOf(body()) === undefined ? undefined : 'resource';
  }
  const plain = /^text\/plain\b/.test(contentType);
  return plain && /^404: Page Not Found\s*$/.test(body().toString('latin1', 0, 64))
    ? 'route'
    : undefined;
}

/**
 * @throws MeshdError KUMA_REDIRECT, KUMA_UNAUTHORISED, KUMA_FORBIDDEN, KUMA_STATUS, KUMA_CONTENT_TYPE
 * or KUMA_INVALID_JSON.
 */
export function readJson(reply: Reply, asked: Asked): unknown {
  const { status, contentType, body } = reply;
  if (status < 200 || status > 299) throw statusError(reply, asked);
  if (!/^application\/json\b/i.test(contentType)) {
    const found = contentType === '' ? 'no content type' : clip(contentType);
    throw sourceErrors.error('KUMA_CONTENT_TYPE', { ...asked, found });
  }
  try {
    return JSON.parse(body().toString('utf8')) as unknown;
  } catch (error) {
    // The parser quotes what it stumbled over; its position is all that is needed.
    const position = /position \d+/.exec(String(error))?.[0] ?? 'it ends early';
    throw sourceErrors.error('KUMA_INVALID_JSON', { ...asked, cause: position });
  }
}

/** @throws MeshdError KUMA_UNEXPECTED */
export function readShape<T>(schema: z.ZodType<T>, value: unknown, asked: Asked): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const cause = issue ? `${issue.path.join('.') || 'document'}: ${issue.message}` : 'unknown';
  throw sourceErrors.error('KUMA_UNEXPECTED', { ...asked, cause });
}

function statusError({ status, body }: Reply, asked: Asked): MeshdError {
  const reason = problemOf(body()) ?? 'no reason given';
  if (status >= 300 && status < 400)
    return sourceErrors.error('KUMA_REDIRECT', { ...asked, status });
  if (status === 401) return sourceErrors.error('KUMA_UNAUTHORISED', { ...asked });
  if (status === 403) return sourceErrors.error('KUMA_FORBIDDEN', { ...asked, reason });
  return sourceErrors.error('KUMA_STATUS', { ...asked, status, reason });
}

function problemOf(body: Buffer): string | undefined {
  if (body.length > 64 * 1024) return undefined;
  try {
    const { title, detail, details } = Problem.parse(JSON.parse(body.toString('utf8')));
    const texts = [title, detail ?? details].filter((text) => text !== undefined);
    return texts.length > 0 ? clip(texts.join(': ')) : undefined;
  } catch {
    return undefined;
  }
}

/** One line, not a page: what a server says goes into a log line. */
function clip(text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
