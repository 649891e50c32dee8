/** One Lease over the Kubernetes API, with optimistic locking. */
import type { ApiClient } from '../kubernetes-client/api-client';
import { hasCode } from '../kubernetes-client/api-error';
import { kubernetesClientErrors } from '../kubernetes-client/errors';
import { resourcePath, type ResourceRef } from '../kubernetes-client/resource-path';
import { leaseObject, readLease, type LeaseRecord, type StoredLease } from './lease-record';

export const leases: ResourceRef = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
};

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export interface LeaseApi {
  /** Undefined where there is none. @throws MeshdError K8S_*. */
  read(signal: AbortSignal): Promise<StoredLease | undefined>;
  /** @throws MeshdError K8S_CONFLICT where somebody else was first, and K8S_*. */
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>;
  /** @throws MeshdError K8S_CONFLICT or K8S_NOT_FOUND where `before` is not what is there, and K8S_*. */
  replace(before: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>;
}

export function createLeaseApi(client: ApiClient, lease: LeaseName): LeaseApi {
  const { namespace, name } = lease;
  const common = { resource: leases, namespace };
  const path = resourcePath(leases, namespace, name);

  async function parse(answer: Promise<unknown>): Promise<StoredLease> {
    const stored = readLease(await answer);
    if (stored) return stored;
    const { url } = await client.cluster.connection();
    throw kubernetesClientErrors.error('K8S_UNEXPECTED', { url, path, cause: 'it is no Lease' });
  }

  return {
    async read(signal) {
      try {
        return await parse(client.send({ ...common, verb: 'get', path }, signal));
      } catch (error) {
        if (hasCode(error, 'K8S_NOT_FOUND')) return undefined;
        throw error;
      }
    },
    create: (record, signal) =>
      parse(
        client.send(
          {
            ...common,
            ...{ verb: 'create', method: 'POST', path: resourcePath(leases, namespace) },
            body: leaseObject(lease, record),
          },
          signal,
        ),
      ),
    replace: (before, record, signal) =>
      parse(
        client.send(
          {
            ...{ ...common, verb: 'update', method: 'PUT', path },
            body: leaseObject(lease, record, before),
          },
          signal,
        ),
      ),
  };
}
