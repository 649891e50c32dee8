/**
 * A cluster whose control plane became 3.x: Kong's Pods still say that they are a gateway as 2.x wants it.
 * What the findings say is done, until nothing is found, and Kong's clients and its services are reached.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { addManifests } from '../../daemon/cli/commands/manifests';
import { runCli } from '../../daemon/cli/program';
import { KubernetesSourceConfig } from '../../daemon/sources/kubernetes/config';
import { createKubernetesSource } from '../../daemon/sources/kubernetes/kubernetes-source';
import { startKubernetesApi, type KubernetesApi } from '../../sandbox/kubernetes/api-server';
import type { KubeObject } from '../../sandbox/kubernetes/kube-object';
import { resourceTypes } from '../../sandbox/kubernetes/resource-types';
import { injectPod, startMeshController } from '../../sandbox/kubernetes/mesh-controller';
import { recordedAbsentGroups } from '../support/recorded-cluster';

const clusterIp = '10.96.7.7';
const upstream = {
  'ingress.kubernetes.io/service-upstream': 'true',
  'nginx.ingress.kubernetes.io/service-upstream': 'true',
};

let api: KubernetesApi;
let folder: string;
let end: () => void;
let kubeconfig: string;
let template: any;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kong-meshd-k8s3-'));
  api = await startKubernetesApi({ absentGroups: recordedAbsentGroups });
  kubeconfig = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'it',
    clusters: [{ name: 'it', cluster: { server: api.url } }],
    users: [{ name: 'me', user: {} }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'me' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const labels = { 'kuma.io/sidecar-injection': 'enabled' };
  for (const name of ['kong', 'shop']) api.put({ kind: 'Namespace', metadata: { name, labels } });
  api.put(deployment('kuma-system', 'kuma-control-plane', {}, { image: 'kumahq/kuma-cp:3.0.0' }));
  putService('kong', 'kong-proxy', [{ name: 'proxy', port: 80, targetPort: 8000 }], {});
  putService('kong', 'kong-admin', [{ name: 'admin', port: 8001, targetPort: 8001 }], {});
  putService('shop', 'orders', [{ name: 'http', port: 8080, appProtocol: 'http' }], upstream);
  roll('shop', 'orders', {});
  putKong({ 'kuma.io/gateway': 'enabled' });
  end = startMeshController(api, '3.0');
});

afterAll(async () => {
  end();
  await api.stop();
  await rm(folder, { recursive: true });
});

function deployment(namespace: string, name: string, annotations: object, container: object): any {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } },
    spec: {
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [{ name: 'proxy', ...container }] },
      },
    },
  };
}

function putService(
  namespace: string,
  name: string,
  ports: readonly object[],
  annotations: object,
) {
  const app = namespace === 'kong' ? 'kong' : name;
  const spec = {
    ...{ clusterIP: clusterIp, clusterIPs: [clusterIp], selector: { app } },
    ports: ports.map((port) => ({ protocol: 'TCP', ...port })),
  };
  api.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, annotations },
    spec,
  } as any);
}

function putKong(annotations: object): void {
  const listens = [{ name: 'KONG_PROXY_LISTEN', value: '0.0.0.0:8000, 0.0.0.0:8443 ssl' }];
  template = deployment('kong', 'kong', annotations, { image: 'kong:3.9', env: listens });
  api.put(template);
  roll('kong', 'kong', annotations, template.spec.template.spec);
}

/** What a rollout comes to: a Pod of the template as it is, injected. */
function roll(
  namespace: string,
  name: string,
  annotations: object,
  spec: object = { containers: [] },
) {
  const metadata = { name: `${name}-1`, namespace, labels: { app: name }, annotations };
  const status = { podIP: '10.1.0.2', phase: 'Running' };
  api.put(injectPod({ apiVersion: 'v1', kind: 'Pod', metadata, spec, status } as any, '3.0'));
}

async function observe() {
  const config = KubernetesSourceConfig.parse({
    url: api.url,
    gateway: { namespace: 'kong', selector: 'app=kong' },
  });
  const source = createKubernetesSource({ ...config, mesh: 'default', selection: {} });
  return source.observe(AbortSignal.timeout(10_000));
}

const services3 = (): readonly KubeObject[] =>
  api.store.list(resourceTypes.find(({ kind }) => kind === 'Service')!);

const codes = async (): Promise<readonly string[]> =>
  (await observe()).failures.map(({ code }) => code);

it('finds what 3.x makes of a gateway of 2.x', async () => {
  expect((await codes()).toSorted()).toEqual([
    'K8S_GATEWAY_MARK_LEFT',
    'K8S_GATEWAY_NOT_EXCLUDED',
    'K8S_GATEWAY_SERVICE_IN_MESH',
    'K8S_GATEWAY_SERVICE_IN_MESH',
  ]);
});

it('finds nothing once what manifests gateway prints is applied, and the mark is gone', async () => {
  const said = { out: '', err: '' };
  const args = ['manifests', 'gateway', '--deployment', 'kong', '--kubeconfig', kubeconfig];
  const code = await runCli([addManifests], args, {
    env: {},
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    signal: new AbortController().signal,
    colour: false,
  });
  const [patch, ...services] = parseAllDocuments(said.out).map((one) => one.toJS());

  expect(code).toBe(0);
  expect(said.err).toContain('K8S_GATEWAY_MARK_LEFT');
  putKong(patch.spec.template.metadata.annotations);
  for (const { metadata } of services) {
    const service: any = services3().find((one) => one.metadata.name === metadata.name);
    api.put({ ...service, metadata: { ...service.metadata, annotations: metadata.annotations } });
  }

  expect(await codes()).toEqual([]);
});

it('has one gateway without inbounds, and one entry for each Service of the mesh', async () => {
  const { gateways, services } = await observe();

  expect(gateways).toMatchObject([
    { name: 'kong-1.kong', plain: true, labels: { 'kuma.io/workload': 'kong' } },
  ]);
  expect(services).toMatchObject([{ kind: 'MeshService', name: 'orders', vips: [clusterIp] }]);
});
