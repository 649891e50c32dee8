/** Which versions and kinds of an API group a cluster has. */
import * as z from 'zod';

import type { ApiClient } from './api-client';
import { hasCode } from './api-error';
import type { ResourceRef } from './resource-path';

const ResourceList = z.object({
  resources: z
    .array(z.object({ name: z.string() }))
    .nullish()
    .transform((resources) => resources?.map(({ name }) => name)),
});

const Group = z.object({ versions: z.array(z.object({ version: z.string() })) });

/**
 * The versions of a group, the preferred one first; empty where it is not installed. Every user that
 * has a name may ask.
 * @throws MeshdError K8S_* for whatever else goes wrong.
 */
export async function discoverGroup(
  client: ApiClient,
  group: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const answer = await client.send({ verb: 'get', path: `/apis/${group}` }, signal);
    return Group.safeParse(answer).data?.versions.map(({ version }) => version) ?? [];
  } catch (error) {
    if (hasCode(error, 'K8S_NOT_FOUND')) return [];
    throw error;
  }
}

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
