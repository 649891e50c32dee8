/** Parts that the views of Kubernetes objects share. */
import * as z from 'zod';

/** Go leaves empty maps out, or prints them as `{}` or null. */
export const Strings = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map): Readonly<Record<string, string>> => map ?? {});

export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((items): readonly z.output<T>[] => items ?? []);
}

export const PortNumber = z.int().min(1).max(65535);
export const Protocol = z
  .string()
  .nullish()
  .transform((protocol) => protocol ?? 'TCP');

/** Names become host names and parts of paths; the API server lets far less pass. */
export const Name = z.string().regex(/^[^\s\p{C}/]+$/u, 'not a name');

export const Meta = z.object({
  name: Name,
  namespace: Name.nullish(),
  uid: z.string().nullish(),
  resourceVersion: z.string().nullish(),
  labels: Strings,
  annotations: Strings,
  deletionTimestamp: z.string().nullish(),
  ownerReferences: listOf(
    z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }),
  ),
});
