/** Whether a control plane left out what we wrote, as one that knows no tags does. Pure. */
import { isDeepStrictEqual } from 'node:util';

import type { DataplaneResource } from './dataplane-api';
import { isRecord } from './merge-lost';

/**
 * Outbounds do not count: a control plane refuses those it does not know, so only another writer takes
 * them away.
 * @param wanted `now` with our edit.
 * @returns true where `now` differs from it by missing fields alone, and by no other value.
 */
export function lacksFields(wanted: DataplaneResource, now: DataplaneResource): boolean {
  return Object.entries(wanted).every(([field, value]) => {
    const found = now[field] ?? undefined;
    if (isDeepStrictEqual(value, found)) return true;
    if (found === undefined) return !Array.isArray(value);
    return isRecord(value) && isRecord(found) && lacksFields(value, found);
  });
}
