/** The gateway of Kuma 3.x in a cluster: a recorded Dataplane with the one inbound of a Pod without Services. */
import { KubernetesSourceConfig } from '../../../../daemon/sources/kubernetes/config';
import { createKubernetesSource } from '../../../../daemon/sources/kubernetes/kubernetes-source';
import type { GatewaySelection } from '../../../../daemon/sources/resources/select-gateways';
import type { KubernetesApi } from '../../../../sandbox/kubernetes/api-server';
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
