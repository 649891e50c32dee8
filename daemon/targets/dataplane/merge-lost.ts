/** What somebody else wrote to a Dataplane just before our write replaced it. Pure. */
import { isDeepStrictEqual } from 'node:util';

import type { DataplaneResource } from './dataplane-api';

/** Set by the control plane on each write. */
const computed = new Set(['creationTime', 'modificationTime', 'kri']);

/**
 * `now` with what `theirs` has beyond `base`: new or changed fields, labels, tags and outbounds. What
 * they took away stays: nobody can tell it from what they never knew.
 * @returns undefined where nothing was lost.
 */
export function mergeLost(
  base: DataplaneResource,
  theirs: DataplaneResource,
  now: DataplaneResource,
): DataplaneResource | undefined {
  const merged = mergeFields(base, theirs, now);
  return isDeepStrictEqual(merged, now) ? undefined : merged;
}

function mergeFields(
  base: DataplaneResource,
  theirs: DataplaneResource,
  now: DataplaneResource,
): DataplaneResource {
  const merged: Record<string, unknown> = { ...now };
  for (const [field, value] of Object.entries(theirs)) {
    if (computed.has(field) || isDeepStrictEqual(value, base[field])) continue;
    merged[field] = mergeValue(base[field], value, now[field]);
  }
  return merged;
}

function mergeValue(base: unknown, theirs: unknown, now: unknown): unknown {
  if (Array.isArray(theirs)) {
    const before = Array.isArray(base) ? (base as readonly unknown[]) : [];
    const present = Array.isArray(now) ? (now as readonly unknown[]) : [];
    const added = (theirs as readonly unknown[]).filter(
      (item) => ![...before, ...present].some((other) => isDeepStrictEqual(other, item)),
    );
    return [...present, ...added];
  }
  if (isRecord(theirs) && isRecord(now))
    return mergeFields(isRecord(base) ? base : {}, theirs, now);
  return theirs;
}

export function isRecord(value: unknown): value is DataplaneResource {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
