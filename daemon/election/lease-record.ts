/** What a Lease says, as values: from the API's object and into it. */
import * as z from 'zod';

export interface LeaseRecord {
  /** Empty where nobody holds it. */
  readonly holder: string;
  /** How long the holder may be silent; undefined where it does not say. */
  readonly durationSeconds: number | undefined;
  /** Times of the holder's own clock: to be read by people, never compared with another clock. */
  readonly acquireTime: string | undefined;
  readonly renewTime: string | undefined;
  /** How often the holder has changed. */
  readonly transitions: number;
}

/** A record with the version under which it may be replaced. */
export interface StoredLease {
  readonly record: LeaseRecord;
  readonly version: string;
  /** The object it was read from: what others wrote beside the record stays. */
  readonly object: Readonly<Record<string, unknown>>;
}

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);

const Lease = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().min(1) }),
  spec: z
    .looseObject({
      holderIdentity: Text,
      leaseDurationSeconds: z.int().positive().nullish().catch(undefined),
      acquireTime: Text,
      renewTime: Text,
      leaseTransitions: z.int().min(0).nullish().catch(undefined),
    })
    .nullish(),
});

/** @returns undefined for what is no Lease. A Lease that says nothing is held by nobody. */
export function readLease(object: unknown): StoredLease | undefined {
  const { success, data } = Lease.safeParse(object);
  if (!success) return undefined;
  const { spec } = data;
  return {
    record: {
      holder: spec?.holderIdentity ?? '',
      durationSeconds: spec?.leaseDurationSeconds ?? undefined,
      acquireTime: spec?.acquireTime,
      renewTime: spec?.renewTime,
      transitions: spec?.leaseTransitions ?? 0,
    },
    version: data.metadata.resourceVersion,
    object: object as Readonly<Record<string, unknown>>,
  };
}

/** @param before the object that is replaced; without it a new one is made. */
export function leaseObject(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  record: LeaseRecord,
  before?: StoredLease,
): object {
  const { metadata, spec } = (before?.object ?? {}) as {
    readonly metadata?: object;
    readonly spec?: object | null;
  };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: before ? { ...metadata, resourceVersion: before.version } : { name, namespace },
    spec: {
      ...spec,
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.transitions,
    },
  };
}

/** The API's MicroTime, of a time in milliseconds since the epoch. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
