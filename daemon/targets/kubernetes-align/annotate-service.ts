import type { ApiClient } from '../../kubernetes-client/api-client';
import { resourcePath, type ResourceRef } from '../../kubernetes-client/resource-path';

export const services: ResourceRef = { group: '', version: 'v1', plural: 'services' };

/**
 * Sets annotations, and takes away those that are null; everything else of the Service stays.
 * @param version the one that was read: with another one the API server refuses.
 * @throws MeshdError K8S_CONFLICT where it was changed meanwhile, and K8S_*.
 */
export async function annotateService(
  client: ApiClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  annotations: Readonly<Record<string, string | null>>,
  version: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const metadata = {
    annotations,
    ...(version === undefined ? {} : { resourceVersion: version }),
  };
  const path = resourcePath(services, namespace, name);
  await client.send(
    {
      verb: 'patch',
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      ...{ resource: services, namespace, path, body: { metadata } },
    },
    signal,
  );
}
