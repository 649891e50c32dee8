/** A server that says when to come back is left alone until then. */
import type { MeshdError } from '../../../catalog/error';
import { sourceErrors } from '../errors';

export interface Rest {
  /** @throws MeshdError KUMA_BUSY while the time that was asked for is not over. */
  check(): void;
  /** Takes note of an answer; one that asks for time is thrown as KUMA_BUSY. */
  note(answer: NotedAnswer): void;
}

export interface NotedAnswer {
  readonly url: string;
  readonly path: string;
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** Whatever is asked for: a mesh that is not looked at for longer is worse than one request. */
const longestMs = 30_000;

/** @param now milliseconds of a clock that never goes back. */
export function createRest(now: () => number = () => performance.now()): Rest {
  let resting: { readonly untilMs: number; readonly error: MeshdError } | undefined;
  return {
    check() {
      if (resting && now() < resting.untilMs) throw resting.error;
      resting = undefined;
    },
    note({ url, path, status, retryAfter }) {
      if (status !== 429 && status !== 503) return;
      const waitMs = retryAfterMs(retryAfter);
      if (waitMs === undefined || waitMs <= 0) return;
      const error = sourceErrors.error('KUMA_BUSY', { url, path, status });
      resting = { untilMs: now() + Math.min(waitMs, longestMs), error };
      throw error;
    },
  };
}

/** Seconds or a date (RFC 9110); undefined where it is neither. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : at - Date.now();
}
