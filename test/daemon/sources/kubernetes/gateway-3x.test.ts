/** The gateway of Kuma 3.x in a cluster: a recorded Dataplane with the one inbound of a Pod without Services. */
import { KubernetesSourceConfig } from '../../../../daemon/sources/kubernetes/config';
import { createKubernetesSource } from '../../../../daemon/sources/kubernetes/kubernetes-source';
import type { GatewaySelection } from '../../../../daemon/sources/resources/select-gateways';
import { startKubernetesApi, type KubernetesApi } from '../../../../sandbox/kubernetes/api-server';
import { exchange } from '../../../sandbox/control-plane/exchange';
import { startRecordedCluster } from '../../../support/recorded-cluster';

let api: KubernetesApi;

beforeEach(async () => {
  api = await startRecordedCluster();
  const { items } = exchange('k8s-dataplanes-exclude-ignored', 'kuma3').response.body;
  api.put(items[0]);
});

afterEach(() => api.stop());

async function gatewaysOf(selection: GatewaySelection, selector = 'app=nobody') {
  const config = KubernetesSourceConfig.parse({
    url: api.url,
    gateway: { namespace: 'kong', selector },
  });
  const source = createKubernetesSource({ ...config, mesh: 'default', selection });
  const { gateways } = await source.observe(AbortSignal.timeout(10_000));
  return gateways.map(({ name, plain }) => ({ name, plain }));
}

const found = [{ name: 'kong-86b75ff88-npmj7.kong', plain: true }];

it.each([
  ['its labels', { labels: { app: 'kong' } }],
  ['its workload', { workload: 'kong' }],
  ['its name', { dataplane: 'kong-86b75ff88-npmj7' }],
])('is found by %s', async (_, selection) => {
  expect(await gatewaysOf(selection)).toEqual(found);
});

it('is found by the labels of its Pods', async () => {
  expect(await gatewaysOf({}, 'app=kong')).toEqual(found);
});

it('is no gateway where nothing says so', async () => {
  expect(await gatewaysOf({ labels: { app: 'other' } })).toEqual([]);
});

describe('while its Services are in the mesh', () => {
  beforeEach(() => {
    api.put(exchange('k8s-dataplanes-plain', 'kuma3').response.body.items[0]);
  });

  it('is still the gateway that the configuration names', async () => {
    const gateways = await gatewaysOf({ workload: 'kong', dataplane: 'kong-75f7959ff9-8tk4b' });

    expect(gateways).toEqual([{ name: 'kong-75f7959ff9-8tk4b.kong', plain: undefined }]);
  });
});

it('is no zone proxy, which has neither inbounds nor a mark either', async () => {
  const { items } = exchange('k8s-dataplanes-exclude-ignored', 'kuma3').response.body;
  const [dataplane] = items;
  api.put({
    ...dataplane,
    metadata: { ...dataplane.metadata, name: 'zone-ingress' },
    spec: {
      networking: { address: '10.1.0.12', listeners: [{ type: 'ZoneIngress', port: 10001 }] },
    },
  });

  expect(await gatewaysOf({ labels: { app: 'kong' } })).toEqual(found);
});

it('has one entry in the catalog for each Service, with its ClusterIP and its DNS name', async () => {
  const cluster = await startKubernetesApi();
  try {
    for (const [name, kind] of [
      ['k8s-services-kong', 'Service'],
      ['k8s-pods-kong', 'Pod'],
      ['k8s-dataplanes-exclude-ignored', 'Dataplane'],
      ['k8s-meshservices-exclude-ignored', 'MeshService'],
    ] as const) {
      const { items } = exchange(name, 'kuma3').response.body;
      for (const item of items) cluster.put({ ...item, kind });
    }
    const clusterIP = '10.96.68.135';
    const metadata = {
      ...{ name: 'web', namespace: 'apps' },
      annotations: {
        'ingress.kubernetes.io/service-upstream': 'true',
        'nginx.ingress.kubernetes.io/service-upstream': 'true',
      },
    };
    const ports = [{ port: 80, protocol: 'TCP' }];
    const spec = { clusterIP, clusterIPs: [clusterIP], selector: { app: 'web' }, ports };
    cluster.put({ apiVersion: 'v1', kind: 'Service', metadata, spec });
    const config = KubernetesSourceConfig.parse({
      url: cluster.url,
      gateway: { namespace: 'kong', selector: 'app=kong' },
    });
    const source = createKubernetesSource({ ...config, mesh: 'default', selection: {} });
    const { services, failures } = await source.observe(AbortSignal.timeout(10_000));

    expect(failures).toEqual([]);
    const web = services.filter(({ name }) => name === 'web');
    expect(web).toMatchObject([
      { kind: 'MeshService', vips: [clusterIP], hostnames: ['web.apps.svc.cluster.local'] },
    ]);
  } finally {
    await cluster.stop();
  }
});
