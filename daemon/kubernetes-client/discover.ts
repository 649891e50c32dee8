/** Which kinds of an API group a cluster has. */
import { z } from 'zod';

import type { ApiClient } from './api-client';
import { hasCode } from './api-error';
import type { ResourceRef } from './resource-path';

const ResourceList = z.object({
  resources: z
    .array(z.object({ name: z.string() }))
    .nullish()
    .transform((resources) => resources?.map(({ name }) => name)),
});

/**
 * The plural names of a group in one version; empty where it is not installed. Asking comes before
 * listing: to a role without rules for an absent group its lists are 403, to an admin 404.
 * @throws MeshdError K8S_* for whatever else goes wrong.
 */
export async function discoverResources(
  client: ApiClient,
  { group, version }: Omit<ResourceRef, 'plural'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = `/apis/${group}/${version}`;
  try {
    const answer = await client.send({ verb: 'get', path }, signal);
    return ResourceList.safeParse(answer).data?.resources ?? [];
  } catch (error) {
    if (hasCode(error, 'K8S_NOT_FOUND')) return [];
    throw error;
  }
}
