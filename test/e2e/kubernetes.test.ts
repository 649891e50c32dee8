/**
 * The daemon on Kubernetes, from the API server to the snapshot and back: against the stand-in, or with
 * E2E_KUBECONFIG against a real cluster.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ResourceRef } from '../../daemon/kubernetes-client/resource-path';
import type { Child } from '../../sandbox/child';
import { startRelay, type Relay } from '../support/relay';
import { until } from '../support/until';
import { openCluster, type TestCluster } from './kubernetes-environment';
import { cli, startDaemon } from './programs';

const run = promisify(execFile);
const patienceMs = 30_000;
jest.setTimeout(3 * patienceMs);

const real = process.env['E2E_KUBECONFIG'] !== undefined;
/** A Pod with an IP and a control plane that follows: the suite brings neither into a real cluster. */
const onStandIn = real ? it.skip : it;
/** The stand-in knows no schemas. */
const onReal = real ? it : it.skip;

const refs = {
  services: { group: '', version: 'v1', plural: 'services' },
  pods: { group: '', version: 'v1', plural: 'pods' },
  leases: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' },
  dataplanes: { group: 'kuma.io', version: 'v1alpha1', plural: 'dataplanes' },
} satisfies Record<string, ResourceRef>;

let cluster: TestCluster;
let kong: Relay;
let snapshot: string;
let configFile: string;
const daemons: Child[] = [];

beforeAll(async () => {
  cluster = await openCluster();
  // Nothing is asked of Kong here; the address only has to be one.
  kong = await startRelay('http://127.0.0.1:9');
  snapshot = join(cluster.folder, 'catalog.json');
  configFile = await configure('kong-meshd.yaml', {});
  await cluster.put(refs.services, service('orders', { app: 'orders' }, 8080));
}, patienceMs);

afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop();
});

afterAll(async () => {
  await kong.stop();
  await cluster.stop();
}, patienceMs);

async function configure(name: string, more: object): Promise<string> {
  const { kubeconfig, namespaces } = cluster;
  const config = {
    sources: [
      {
        kubernetes: {
          kubeconfig,
          namespaces: [namespaces.shop],
          gateway: { namespace: namespaces.kong, selector: 'app=kong' },
        },
      },
    ],
    gateway: { environment: 'kubernetes' },
    plugin: { snapshot },
    status: { listen: '127.0.0.1:0' },
    doctor: false,
    ...more,
  };
  const file = join(cluster.folder, name);
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** As a control plane leaves it in a namespace with injection. */
function service(
  name: string,
  selector: object,
  port: number,
  namespace = cluster.namespaces.shop,
) {
  const annotations = {
    'ingress.kubernetes.io/service-upstream': 'true',
    'nginx.ingress.kubernetes.io/service-upstream': 'true',
  };
  const fake = real ? {} : { clusterIP: `10.96.${name.length}.${port % 250}` };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, annotations },
    spec: { selector, ports: [{ name: 'http', port, protocol: 'TCP' }], ...fake },
  };
}

function start(file = configFile): Child {
  const daemon = startDaemon(file);
  daemons.push(daemon);
  return daemon;
}

async function inSnapshot(text: string, expected = true): Promise<void> {
  await until(async () => {
    expect((await readFile(snapshot, 'utf8')).includes(text)).toBe(expected);
  }, patienceMs);
}

it('looks once, and prints the ClusterIP', async () => {
  const { stdout } = await run(process.execPath, [cli, 'catalog', '-c', configFile, '--json']);

  const { clusterIP } = (await cluster.get(refs.services, cluster.namespaces.shop, 'orders')).spec;
  const orders = JSON.parse(stdout).services.find(({ name }: any) => name === 'orders');
  expect(orders.ports[0].addresses['service-ip']).toBe(`${clusterIP}:8080`);
});

it('follows what comes, changes and goes', async () => {
  start();
  await inSnapshot('"orders"');

  await cluster.put(refs.services, service('stock', { app: 'stock' }, 80));
  await inSnapshot('"stock"');
  await cluster.put(refs.services, service('stock', { app: 'stock' }, 8181));
  await inSnapshot(':8181"');
  await cluster.remove(refs.services, cluster.namespaces.shop, 'stock');
  await inSnapshot('"stock"', false);
});

onStandIn(
  'ignores the Service that wins over the wanted one, and takes only that back',
  async () => {
    const { kong: namespace } = cluster.namespaces;
    const tag = (name: string, port: number): string => `${name}_${namespace}_svc_${port}`;
    const annotations = async (name: string) =>
      (await cluster.get(refs.services, namespace, name)).metadata.annotations;
    await cluster.put(refs.services, service('kong-admin', { app: 'kong' }, 8444, namespace));
    await cluster.put(refs.services, service('kong-proxy', { app: 'kong' }, 80, namespace));
    await cluster.put(refs.pods, gatewayPod(namespace));
    await cluster.put(refs.dataplanes, gatewayDataplane(namespace, tag('kong-admin', 8444)));
    const wants = (name: string, port: number) =>
      configure(`${name}.yaml`, {
        gateway: { environment: 'kubernetes', service: tag(name, port), align: 'enforce' },
      });

    const first = start(await wants('kong-proxy', 80));
    await until(async () => {
      expect(await annotations('kong-admin')).toMatchObject({ 'kuma.io/ignore': 'true' });
    }, patienceMs);
    await first.stop();
    // What the control plane would have made of it.
    await cluster.put(refs.dataplanes, gatewayDataplane(namespace, tag('kong-proxy', 80)));
    start(await wants('kong-admin', 8444));

    await until(async () => {
      expect(Object.keys(await annotations('kong-admin')).sort()).toEqual([
        'ingress.kubernetes.io/service-upstream',
        'nginx.ingress.kubernetes.io/service-upstream',
      ]);
    }, patienceMs);
    expect(await annotations('kong-proxy')).not.toHaveProperty('kuma.io/ignore');
  },
);

it('elects one of two, and the other follows', async () => {
  const { kong: namespace } = cluster.namespaces;
  const timing = { leaseDuration: '4s', renewDeadline: '3s', retryPeriod: '300ms' };
  const file = await configure('election.yaml', {
    election: { kubernetes: { namespace, name: 'e2e', ...timing } },
  });
  const roles = ({ stderr }: Child): readonly any[] =>
    stderr
      .split('\n')
      .filter((line) => line.includes('"election"'))
      .map((line) => JSON.parse(line));
  const holder = async () => (await cluster.get(refs.leases, namespace, 'e2e')).spec.holderIdentity;

  const a = start(file);
  await until(() => expect(roles(a).at(-1)).toMatchObject({ role: 'leader' }), patienceMs);
  const b = start(file);
  await until(
    () => expect(roles(b).at(-1)).toMatchObject({ leader: expect.any(String) }),
    patienceMs,
  );
  expect(roles(b).at(-1)).toMatchObject({ role: 'standby', leader: await holder() });
  await a.stop();

  await until(() => expect(roles(b).at(-1)).toMatchObject({ role: 'leader' }), patienceMs);
  expect(await holder()).toBe(roles(b).at(-1).leader);
});

onReal('prints manifests that the API server takes', async () => {
  const file = join(cluster.folder, 'manifests.yaml');
  const { kong: namespace } = cluster.namespaces;
  for (const args of [
    ['external-name', 'orders_shop_svc_8080', '-n', namespace],
    ['install', '-n', namespace, '--align', '--leader-election'],
    ['install', '-n', namespace, '--plugin-server', '--ingress-controller', '--events'],
  ]) {
    const { stdout } = await run(process.execPath, [cli, 'manifests', ...args]);
    // Kong's own Deployment is not there: what is merged into it is checked elsewhere.
    const objects = stdout.split('---\n').filter((text) => !text.includes('kind: Deployment'));
    await writeFile(file, objects.join('---\n'));
    const { KUBECTL = 'kubectl' } = process.env;
    const flags = ['--server-side', '--dry-run=server', '--validate=strict', '-f', file];
    await run(KUBECTL, ['--kubeconfig', cluster.kubeconfig, 'apply', ...flags]);
  }
});

function gatewayPod(namespace: string) {
  const annotations = { 'kuma.io/gateway': 'enabled' };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name: 'kong-1', namespace, labels: { app: 'kong' }, annotations },
    spec: {
      containers: ['proxy', 'kuma-sidecar'].map((name) => ({ name, image: 'example/none' })),
    },
    ...(real ? {} : { status: { podIP: '10.1.0.10', phase: 'Running' } }),
  };
}

function gatewayDataplane(namespace: string, tag: string) {
  return {
    ...{ apiVersion: 'kuma.io/v1alpha1', kind: 'Dataplane', mesh: 'default' },
    metadata: { name: 'kong-1', namespace, labels: { app: 'kong' } },
    spec: { networking: { address: '10.1.0.10', gateway: { tags: { 'kuma.io/service': tag } } } },
  };
}
