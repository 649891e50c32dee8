import { targetErrors } from '../errors';
import type { KongClient } from '../kong-http/client';
import { reasonOf } from '../kong-http/map-error';
import type { PushDocument } from './push-document';
import type { Answer } from './push-options';
import { watchPush } from './watch-push';

export interface PusherOptions {
  readonly maxBodyBytes?: number;
  readonly pushTimeoutMs?: number;
  /** For any other request; after so long without an answer to a push the node is looked at. */
  readonly timeoutMs?: number;
}

/**
 * Sends documents. The JSON goes as text in the field `config`: only of text does Kong make a hash
 * that stays the same, and only then does `check_hash` spare an identical reload (304).
 * @returns a function that rejects with KONG_BODY_TOO_LARGE, KONG_NOT_DBLESS or what the client throws.
 */
export function createPusher(
  client: KongClient,
  { maxBodyBytes = 10 * 1024 * 1024, pushTimeoutMs = 120_000, timeoutMs = 10_000 }: PusherOptions,
): (document: PushDocument, signal: AbortSignal) => Promise<Answer> {
  return async ({ text, hash }, signal) => {
    const body = JSON.stringify({ config: text });
    const bytes = Buffer.byteLength(body);
    if (bytes > maxBodyBytes) {
      throw targetErrors.error('KONG_BODY_TOO_LARGE', { bytes, limitBytes: maxBodyBytes });
    }
    const request = {
      method: 'POST',
      path: '/config?check_hash=1&flatten_errors=1',
      body,
      // The whole state replaces the whole state: twice is once.
      repeatable: true,
      timeoutMs: pushTimeoutMs,
      // 500 is what Kong answers to a plugin whose scope is missing, and what it answers out of order.
      accept: [400, 405, 413, 500],
      discard: true,
    } as const;
    const reply = await watchPush(
      client,
      (bounded) => client.request(request, bounded),
      { hash, everyMs: timeoutMs },
      signal,
    );
    if (!reply) return { kind: 'taken', changed: true };
    const { status, data } = reply;
    if (status === 201 || status === 200) return { kind: 'taken', changed: true };
    if (status === 304) return { kind: 'taken', changed: false };
    if (status === 413) {
      throw targetErrors.error('KONG_BODY_TOO_LARGE', { bytes, limitBytes: 'less' });
    }
    const reason = reasonOf(data);
    if (status === 405 || /not to use a database/.test(reason)) {
      throw targetErrors.error('KONG_NOT_DBLESS', { url: client.url });
    }
    return { kind: 'refused', body: data, reason, ...(status === 500 ? { unsure: true } : {}) };
  };
}
