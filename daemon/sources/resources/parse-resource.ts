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

export function invalidResource(
  entity: string,
  { field, cause }: { readonly field: readonly PropertyKey[]; readonly cause: string },
  place?: Place,
): Failure {
  const path = field.map(String).join('.') || 'resource';
  return sourceErrors.failure('MESH_RESOURCE_INVALID', { field: path, cause }, { entity, place });
}

/** `MeshService orders`, as far as the resource says who it is; for messages only. */
export function entityOf(type: string, resource: unknown): string {
  const { name } = nameOnly.safeParse(resource).data ?? {};
  return name === undefined ? type : `${type} ${name}`;
}

const nameOnly = z.object({ name: z.string() });
