/** What is observed of the recorded cluster, one look at a time. */
import { formatAddress } from '../../../../catalog/address';
import { createCatalog } from '../../../../catalog/catalog';
import { commonGateway } from '../../../../catalog/gateway';
import { KubernetesSourceConfig } from '../../../../daemon/sources/kubernetes/config';
import {
  createKubernetesSource,
  type KubernetesSourceOptions,
} from '../../../../daemon/sources/kubernetes/kubernetes-source';
import type { Observation } from '../../../../daemon/sources/source';
import type { User } from '../../../../sandbox/kubernetes/access';
import type { KubernetesApi } from '../../../../sandbox/kubernetes/api-server';
import {
  recordedFinding,
  kubernetesService,
  startRecordedCluster,
} from '../../../support/recorded-cluster';

const never = new AbortController().signal;
let api: KubernetesApi;

beforeEach(async () => {
  api = await startRecordedCluster();
});

afterEach(() => api.stop());

function sourceWith(change: Partial<KubernetesSourceOptions> = {}, written: object = {}) {
  const config = KubernetesSourceConfig.parse({
    url: api.url,
    gateway: { namespace: 'kong', selector: 'app=kong-gateway' },
    ...written,
  });
  return createKubernetesSource({ ...config, mesh: 'default', ...change });
}

async function observe(change: Partial<KubernetesSourceOptions> = {}, written: object = {}) {
  return sourceWith(change, written).observe(never);
}

function addressOf({ mesh, services, gateways }: Observation, reference: string) {
  const catalog = createCatalog(mesh, services, commonGateway('kubernetes', gateways));
  const result = catalog.find({ service: reference });
  if (!result.found) return result.miss.reason;
  const address = catalog.choose(result.service, result.port, 'auto');
  return address ? formatAddress(address) : 'no address';
}

it('sees the mesh services, the gateway, and nothing odd', async () => {
  const observation = await observe();

  expect(observation.services.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'KubernetesService cart',
    'KubernetesService legacy',
    'KubernetesService orders',
    'MeshService cart-0-9985dbd5f',
    'MeshService cart-1-9985dbd5f',
    'MeshService orders',
  ]);
  expect(observation.gateways).toMatchObject([
    {
      name: 'kong-gateway-54b6f45875-bmmps.kong',
      zone: 'default',
      delegated: true,
      service: 'kong-admin_kong_svc_8444',
      transparentProxy: true,
    },
  ]);
  expect(observation.failures).toMatchObject([recordedFinding]);
});

it.each([
  ['orders', '10.96.157.68:8080'],
  ['orders.shop', '10.96.157.68:8080'],
  ['orders.shop.svc.cluster.local', '10.96.157.68:8080'],
  ['orders_shop_svc_8080', '10.96.157.68:8080'],
  ['cart.shop', 'cart.shop.svc.9090.mesh:80'],
  ['legacy.shop', 'fe.dev.svc.80.mesh:80'],
  ['cart-0-9985dbd5f', 'no address'],
  ['kuma-control-plane', 'unknown-service'],
  ['kong-proxy', 'unknown-service'],
])('%s leads to %s', async (reference, address) => {
  expect(addressOf(await observe(), reference)).toBe(address);
});

it('counts endpoints by readiness', async () => {
  const { services } = await observe();

  const orders = services.find(
    ({ kind, name }) => kind === 'KubernetesService' && name === 'orders',
  );
  expect(orders).toMatchObject({
    availability: 'available',
    endpoints: { total: 2, healthy: 1 },
  });
});

it('has no legacy names in a mesh whose services are exclusive', async () => {
  api.put({
    kind: 'Mesh',
    metadata: { name: 'default' },
    spec: { meshServices: { mode: 'Exclusive' } },
  });

  expect(addressOf(await observe(), 'cart.shop')).toBe('no address');
});

it('takes a service of another zone at the address that its status gives', async () => {
  api.put({
    kind: 'MeshService',
    metadata: {
      name: 'stock-76c9f',
      namespace: 'kuma-system',
      labels: {
        'kuma.io/mesh': 'default',
        'kuma.io/zone': 'east',
        'kuma.io/origin': 'global',
        'kuma.io/display-name': 'stock',
        'k8s.kuma.io/namespace': 'shop',
        'k8s.kuma.io/service-name': 'stock',
      },
    },
    spec: { ports: [{ port: 8080 }] },
    status: { addresses: [{ hostname: 'stock.shop.svc.east.mesh.local' }] },
  });

  expect(addressOf(await observe(), 'stock.shop.east')).toBe('stock.shop.svc.east.mesh.local:8080');
});

it('leaves out a service of another mesh', async () => {
  api.put({
    kind: 'MeshService',
    metadata: {
      name: 'secret',
      namespace: 'shop',
      labels: {
        'kuma.io/mesh': 'other',
        'k8s.kuma.io/namespace': 'shop',
        'k8s.kuma.io/service-name': 'secret',
      },
    },
    spec: { ports: [{ port: 80 }] },
  });
  api.put({ ...kubernetesService('secret', 80) });

  expect(addressOf(await observe(), 'secret')).toBe('unknown-service');
});

it('does not offer the Services of a gateway that is scaled to nothing', async () => {
  api.remove('Pod', 'kong/kong-gateway-54b6f45875-bmmps');
  api.remove('Dataplane', 'kong/kong-gateway-54b6f45875-bmmps');
  api.put({
    kind: 'MeshService',
    metadata: {
      name: 'kong-proxy',
      namespace: 'kong',
      labels: { 'kuma.io/mesh': 'default', 'k8s.kuma.io/namespace': 'kong' },
    },
    spec: { ports: [{ port: 80 }] },
  });

  const observation = await observe({}, { gateway: { namespace: 'kong' } });

  expect(addressOf(observation, 'kong-proxy')).toBe('unknown-service');
  expect(observation.failures.map(({ code }) => code)).toEqual([
    'K8S_GATEWAY_POD_MISSING',
    recordedFinding.code,
  ]);
});

it('leaves an object without the expected fields out, and says so', async () => {
  api.put({
    kind: 'Service',
    metadata: { name: 'odd', namespace: 'shop' },
    spec: { ports: 'none' },
  });

  const { services, failures } = await observe();

  expect(services.some(({ name }) => name === 'orders')).toBe(true);
  expect(failures).toMatchObject([
    recordedFinding,
    { code: 'MESH_RESOURCE_INVALID', severity: 'warning', entity: 'Service shop/odd' },
  ]);
});

it('keeps a MeshService whose generated host name is malformed, and reports the name', async () => {
  api.put({
    kind: 'MeshService',
    metadata: {
      name: 'app-2',
      namespace: 'shop',
      labels: { 'kuma.io/mesh': 'default', 'kuma.io/display-name': 'app-2' },
    },
    spec: { ports: [{ port: 80, targetPort: 80 }] },
    status: { addresses: [{ hostname: 'app-2.svc..mesh.local' }], vips: [{ ip: '241.0.0.5' }] },
  });

  const { services, failures } = await observe();

  expect(services.find(({ name }) => name === 'app-2')).toMatchObject({ vips: ['241.0.0.5'] });
  expect(failures).toContainEqual(expect.objectContaining({ code: 'MESH_HOSTNAME_INVALID' }));
});

it('says that the tag is not the wanted one', async () => {
  const { failures, gateways } = await observe({
    selection: { service: 'kong-proxy_kong_svc_80' },
  });

  expect(gateways).toHaveLength(1);
  expect(failures.map(({ code }) => code)).toEqual(['K8S_GATEWAY_TAG', recordedFinding.code]);
});

it.each([
  ['the name of the Pod', 'kong-gateway-54b6f45875-bmmps', 1],
  ['the name in the REST API', 'kong-gateway-54b6f45875-bmmps.kong', 1],
  ['another name', 'kong-01', 0],
])('finds the gateway by %s', async (_name, dataplane, found) => {
  const { gateways } = await observe({ selection: { dataplane } });

  expect(gateways).toHaveLength(found);
});

it('reads only the namespaces that are named, and that of the gateway', async () => {
  await observe({}, { namespaces: ['shop'] });

  const lists = api.requests.filter((request) => /\/(services|dataplanes)\?/.test(request));
  expect(lists.map((request) => /namespaces\/(\w+)/.exec(request)?.[1]).sort()).toEqual([
    'kong',
    'kong',
    'shop',
    'shop',
  ]);
});

it('takes every Service of a cluster without Kuma, and says so', async () => {
  api.install('kuma.io', false);
  api.install('configuration.konghq.com', false);

  const { services, failures } = await observe();

  expect(services.map(({ name }) => name)).toContain('kuma-control-plane');
  expect(failures.map(({ code }) => code)).toEqual(expect.arrayContaining(['K8S_NO_MESH_API']));
});

it('walks the pages of a long list', async () => {
  for (let index = 0; index < 1200; index += 1) api.put(kubernetesService(`s${index}`, 80));

  const { services } = await observe();

  expect(services.filter(({ name }) => /^s\d+$/.test(name))).toHaveLength(1200);
  expect(api.requests.filter((request) => request.includes('/v1/services?'))).toHaveLength(3);
});

describe('a role that lacks something', () => {
  const all = ['get', 'list', 'watch'];
  const rules = [
    { groups: [''], resources: ['services', 'pods', 'namespaces'], verbs: all },
    { groups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: all },
    { groups: ['apps'], resources: ['deployments'], verbs: all },
    { groups: ['networking.k8s.io'], resources: ['ingressclasses', 'ingresses'], verbs: all },
    {
      groups: ['configuration.konghq.com'],
      resources: ['ingressclassparameterses', 'tcpingresses'],
      verbs: all,
    },
    {
      groups: ['kuma.io'],
      resources: [
        'meshes',
        'dataplanes',
        'meshservices',
        'meshmultizoneservices',
        'meshexternalservices',
      ],
      verbs: all,
    },
  ];

  async function restart(user: User, absentGroups: readonly string[] = []) {
    await api.stop();
    api = await startRecordedCluster({ tokens: new Map([['t', user]]), absentGroups });
  }

  function observeAs(token: string) {
    const connection = async () => ({
      url: api.url,
      headers: { authorization: `Bearer ${token}` },
      tls: {},
    });
    return observe({ cluster: { connection, namespace: async () => undefined } });
  }

  it('is enough with read access to what is watched', async () => {
    await restart({ name: 'daemon', rules });

    expect((await observeAs('t')).failures).toMatchObject([recordedFinding]);
  });

  it('is one finding where it is from before most kinds were read', async () => {
    const before = rules.map((rule) => ({ ...rule, groups: [rule.groups[0] ?? ''] }));
    const old = before.filter(({ groups }) => groups[0] !== 'networking.k8s.io');
    await restart({
      name: 'daemon',
      rules: old.map((rule) => ({
        ...rule,
        resources: rule.resources.filter(
          (one) => !['namespaces', 'tcpingresses', 'deployments'].includes(one),
        ),
      })),
    });

    const { failures } = await observeAs('t');

    expect(failures.filter(({ code }) => code.startsWith('K8S_FORBIDDEN'))).toMatchObject([
      {
        code: 'K8S_FORBIDDEN_KINDS',
        severity: 'warning',
        message: expect.stringContaining(
          'deployments.apps, ingressclasses.networking.k8s.io, ingresses.networking.k8s.io',
        ),
      },
    ]);
  });

  it('is enough where CRDs are absent, which is 403 for it', async () => {
    await restart({ name: 'daemon', rules: rules.slice(0, 4) }, [
      'kuma.io',
      'configuration.konghq.com',
    ]);

    expect((await observeAs('t')).services.length).toBeGreaterThan(2);
  });

  it.each(['services', 'endpointslices', 'pods', 'dataplanes', 'meshservices'])(
    'rejects without %s, naming the verb',
    async (resource) => {
      const without = rules.map((rule) => ({
        ...rule,
        resources: rule.resources.filter((one) => one !== resource),
      }));
      await restart({ name: 'daemon', rules: without });

      await expect(observeAs('t')).rejects.toMatchObject({
        code: 'K8S_FORBIDDEN',
        message: expect.stringContaining(`may not list ${resource}`),
        remedy: expect.stringContaining(`"list" on resource "${resource}"`),
      });
    },
  );

  it.each(['deployments', 'ingressclasses', 'ingressclassparameterses', 'meshes'])(
    'only warns without %s',
    async (resource) => {
      const without = rules.map((rule) => ({
        ...rule,
        resources: rule.resources.filter((one) => one !== resource),
      }));
      await restart({ name: 'daemon', rules: without });

      const { failures } = await observeAs('t');

      expect(failures).toContainEqual(
        expect.objectContaining({
          code: 'K8S_FORBIDDEN',
          severity: 'warning',
          message: expect.stringContaining(resource),
        }),
      );
    },
  );

  it('rejects a wrong token without showing it', async () => {
    await restart({ name: 'daemon', rules });

    const error = await observeAs('wrong-token').catch((caught: unknown) => caught as Error);

    expect(error).toMatchObject({ code: 'K8S_UNAUTHORISED' });
    expect(JSON.stringify(error)).not.toContain('wrong-token');
  });

  it('bears the 403 of a server that has just started', async () => {
    const body = { kind: 'Status', message: 'not yet', reason: 'Forbidden', code: 403 };
    api.faults.next({ path: '/api/v1/services', status: 403, body });

    await expect(observe()).resolves.toMatchObject({ failures: [recordedFinding] });
  });
});

it.each<[string, object, string]>([
  ['no server', {}, 'K8S_UNREACHABLE'],
  ['a hanging server', { hang: true }, 'K8S_TIMEOUT'],
  ['a cut connection', { reset: true }, 'K8S_UNREACHABLE'],
  ['an error', { status: 500 }, 'K8S_STATUS'],
  ['a login page', { status: 200, body: '<html>' }, 'K8S_UNEXPECTED'],
  ['another JSON', { status: 200, body: { hello: 1 } }, 'K8S_UNEXPECTED'],
])('rejects: %s', async (name, fault, code) => {
  if (name === 'no server') await api.stop();
  else api.faults.next({ path: '/api/v1/services', times: 9, ...fault });

  await expect(observe({ timeoutMs: 300 })).rejects.toMatchObject({ code });

  if (name === 'no server') api = await startRecordedCluster();
});
