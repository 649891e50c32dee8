/** One resource from the outside: its value, or the reason why it is left out. */
import * as z from 'zod';

import type { Failure, Place } from '../../../catalog/error';
import { visible } from '../../../catalog/text';
import { sourceErrors } from '../errors';
import { Hostname } from './common';

/** `field` is the path within the resource, for those who know where the resource stands. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly ignored: readonly IgnoredHostname[] }
  | { readonly ok: false; readonly field: readonly PropertyKey[]; readonly cause: string };

export function parseResource<T>(schema: z.ZodType<T>, resource: unknown): Parsed<T> {
  const parsed = schema.safeParse(resource);
  if (parsed.success) return { ok: true, value: parsed.data, ignored: ignoredIn(resource) };
  const issue = parsed.error.issues[0];
  return { ok: false, field: issue?.path ?? [], cause: issue?.message ?? 'unknown' };
}

export function invalidResource(entity: string, why: Misfit, place?: Place): Failure {
  return sourceErrors.failure('MESH_RESOURCE_INVALID', detailsOf(why), { entity, place });
}

/** As `invalidResource`, for one whose last good form is taken in its place. */
export function keptResource(entity: string, why: Misfit): Failure {
  return sourceErrors.failure('MESH_RESOURCE_KEPT', detailsOf(why), { entity });
}

/** A generated host name that is none: nothing else of the resource is affected. */
export interface IgnoredHostname {
  readonly field: readonly PropertyKey[];
  readonly hostname: string;
}

/** More on one resource say nothing new. */
const maxIgnored = 3;

const generated = z.object({ status: z.object({ addresses: z.array(z.unknown()) }) });
const address = z.object({ hostname: z.string() });

function ignoredIn(resource: unknown): readonly IgnoredHostname[] {
  const { status } = generated.safeParse(resource).data ?? {};
  if (!status) return [];
  const found = status.addresses.flatMap((item, index) => {
    const { hostname } = address.safeParse(item).data ?? {};
    if (hostname === undefined || Hostname.safeParse(hostname).success) return [];
    return [{ field: ['status', 'addresses', index, 'hostname'], hostname }];
  });
  return found.slice(0, maxIgnored);
}

export function ignoredHostname(
  entity: string,
  { hostname }: IgnoredHostname,
  place?: Place,
): Failure {
  const shown = visible(hostname.slice(0, 100));
  return sourceErrors.failure('MESH_HOSTNAME_INVALID', { hostname: shown }, { entity, place });
}

interface Misfit {
  readonly field: readonly PropertyKey[];
  readonly cause: string;
}

function detailsOf({ field, cause }: Misfit) {
  return { field: field.map(String).join('.') || 'resource', cause };
}

/** `MeshService orders`, as far as the resource says who it is; for messages only. */
export function entityOf(type: string, resource: unknown): string {
  const { name } = nameOnly.safeParse(resource).data ?? {};
  return name === undefined ? type : `${type} ${name}`;
}

const nameOnly = z.object({ name: z.string() });
