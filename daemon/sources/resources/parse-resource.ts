/** One resource from the outside: its value, or the reason why it is left out. */
import { z } from 'zod';

import type { Failure, Place } from '../../../catalog/error';
import { sourceErrors } from '../errors';

/** `field` is the path within the resource, for those who know where the resource stands. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly field: readonly PropertyKey[]; readonly cause: string };

export function parseResource<T>(schema: z.ZodType<T>, resource: unknown): Parsed<T> {
  const parsed = schema.safeParse(resource);
  if (parsed.success) return { ok: true, value: parsed.data };
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
