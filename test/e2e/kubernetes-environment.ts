/**
 * A cluster for the suite: a real one, or else the stand-in.
 *
 * `E2E_KUBECONFIG` names a kubeconfig whose user may make namespaces and what is in them. The suite makes
 * namespaces of its own, removes them at the end, and touches nothing else. A cluster needs no CRDs for it:
 * what needs a control plane runs on the stand-in alone, and is skipped by name elsewhere.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createApiClient, type ApiClient } from '../../daemon/kubernetes-client/api-client';
import { hasCode } from '../../daemon/kubernetes-client/api-error';
import { createCluster } from '../../daemon/kubernetes-client/create-cluster';
import { resourcePath, type ResourceRef } from '../../daemon/kubernetes-client/resource-path';
import { startKubernetesApi } from '../../sandbox/kubernetes/api-server';

const never = new AbortController().signal;

export interface TestCluster {
  readonly kubeconfig: string;
  /** Where Kong runs, and where services do. */
  readonly namespaces: { readonly kong: string; readonly shop: string };
  /** A folder for the files of the suite. */
  readonly folder: string;
  put(ref: ResourceRef, object: any): Promise<any>;
  get(ref: ResourceRef, namespace: string, name: string): Promise<any>;
  remove(ref: ResourceRef, namespace: string, name: string): Promise<void>;
  stop(): Promise<void>;
}

const namespaceRef: ResourceRef = { group: '', version: 'v1', plural: 'namespaces' };

export async function openCluster(): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'kong-meshd-k8s-'));
  const named = process.env['E2E_KUBECONFIG'];
  const sandbox = named === undefined ? await startKubernetesApi() : undefined;
  const kubeconfig = named ?? join(folder, 'kubeconfig');
  if (sandbox) await writeFile(kubeconfig, kubeconfigOf(sandbox.url));
  const client = createApiClient({ cluster: createCluster({ kubeconfig }), timeoutMs: 10_000 });
  const suffix = `${process.pid}-${Date.now().toString(36)}`;
  const namespaces = { kong: `meshd-e2e-kong-${suffix}`, shop: `meshd-e2e-shop-${suffix}` };
  if (!sandbox) for (const name of Object.values(namespaces)) await makeNamespace(client, name);
  return {
    ...{ kubeconfig, namespaces, folder },
    put: (ref, object) => put(client, ref, object),
    get: (resource, namespace, name) =>
      client.send({ verb: 'get', resource, path: resourcePath(resource, namespace, name) }, never),
    async remove(resource, namespace, name) {
      await send(client, 'DELETE', resourcePath(resource, namespace, name));
    },
    async stop() {
      if (!sandbox) {
        for (const name of Object.values(namespaces)) {
          await send(client, 'DELETE', resourcePath(namespaceRef, undefined, name));
        }
      }
      client.close();
      await sandbox?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Makes it, or replaces what is there. */
async function put(client: ApiClient, resource: ResourceRef, object: any): Promise<any> {
  const { name, namespace } = object.metadata;
  try {
    const path = resourcePath(resource, namespace);
    const request = { verb: 'create', method: 'POST', resource, path, body: object } as const;
    return await client.send(request, never);
  } catch (error) {
    if (!hasCode(error, 'K8S_CONFLICT')) throw error;
    const path = resourcePath(resource, namespace, name);
    return client.send(
      {
        ...({ verb: 'patch', method: 'PATCH', resource, path } as const),
        ...{ contentType: 'application/merge-patch+json', body: object },
      },
      never,
    );
  }
}

/** The client of the daemon deletes nothing, so this goes beside it. */
async function send(client: ApiClient, method: string, path: string): Promise<void> {
  const request = { verb: 'update', method: method as 'PUT', path } as const;
  await client.send(request, never);
}

async function makeNamespace(client: ApiClient, name: string): Promise<void> {
  const labels = { 'kuma.io/sidecar-injection': 'disabled' };
  await put(client, namespaceRef, {
    ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
  });
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    'current-context': 'sandbox',
    clusters: [{ name: 'sandbox', cluster: { server } }],
    users: [{ name: 'me', user: {} }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'me' } }],
  });
}
