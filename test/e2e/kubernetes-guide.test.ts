/**
 * All steps of docs/how-to/kubernetes.md on the stand-in, in their order: what goes wrong is found, and
 * what the guide says mends it. Each step begins where the one before it ended.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { problemsOf } from '../support/kubernetes-schemas';
import { startGuideWorld, type GuideWorld } from './guide-world';

jest.setTimeout(60_000);

let world: GuideWorld;

beforeAll(async () => {
  world = await startGuideWorld();
  await world.configure('admin', 'observe');
  putNamespaces({});
  putPod({});
  world.api.put({
    kind: 'Service',
    metadata: { name: 'kong-proxy', namespace: 'kong' },
    spec: {
      ...{ type: 'ClusterIP', clusterIP: '10.96.0.2', selector: { app: 'kong' } },
      ports: [{ port: 80, targetPort: 8000, protocol: 'TCP' }],
    },
  });
});

afterAll(() => world.stop());

const documentsIn = (text: string): any[] => parseAllDocuments(text).map((one) => one.toJS());

function putNamespaces(labels: Readonly<Record<string, string>>): void {
  for (const name of ['kong', 'shop']) {
    world.api.put({ kind: 'Namespace', metadata: { name, labels } });
  }
}

/** As the kubelet has it, with a sidecar where it was injected. */
function putPod(annotations: Readonly<Record<string, string>>, containers = ['proxy']): void {
  world.api.put({
    kind: 'Pod',
    metadata: { name: 'kong-1', namespace: 'kong', labels: { app: 'kong' }, annotations },
    spec: { containers: containers.map((name) => ({ name, image: 'example/none' })) },
    status: { podIP: '10.1.0.2', phase: 'Running' },
  });
}

function putRoute(gateway: string): void {
  world.api.put({
    kind: 'HTTPRoute',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: {
      parentRefs: [{ name: gateway, namespace: 'kong' }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/orders' } }],
          backendRefs: [{ name: 'orders', port: 8080 }],
        },
      ],
    },
  });
}

it('1. lets Kuma inject sidecars into the namespaces', async () => {
  expect(await world.findings()).toContain('K8S_GATEWAY_NO_SIDECAR');

  putNamespaces({ 'kuma.io/sidecar-injection': 'enabled' });

  expect(await world.findings()).not.toContain('K8S_GATEWAY_NO_SIDECAR');
});

it('2. makes Pods anew that are older than the label', async () => {
  expect(await world.findings()).toContain('K8S_GATEWAY_POD_OLD');

  putPod({}, ['proxy', 'kuma-sidecar']);

  expect(await world.findings()).not.toContain('K8S_GATEWAY_POD_OLD');
});

it("3. makes Kong's Pods the gateway", async () => {
  expect(await world.findings()).toContain('K8S_GATEWAY_NOT_ANNOTATED');

  const [patch] = documentsIn((await world.run('manifests', 'gateway', '-n', 'kong')).out);
  putPod(patch.spec.template.metadata.annotations, ['proxy', 'kuma-sidecar']);

  expect(await world.findings()).not.toContain('K8S_GATEWAY_NOT_ANNOTATED');
  expect(await world.findings()).toContain('K8S_GATEWAY_NO_DATAPLANE');
  await world.joinGateway();
  expect(await world.findings()).not.toContain('K8S_GATEWAY_NO_DATAPLANE');
});

it('4. puts the daemon and the plugin server beside Kong, with a role for what it does', async () => {
  await world.configure('daemon', 'observe');
  expect(JSON.stringify(await world.findings())).toContain('K8S_FORBIDDEN');

  const { out } = await world.run(
    ...['manifests', 'install', '--plugin-server', '--ingress-controller', '--service-upstream'],
  );
  for (const object of documentsIn(out)) {
    // What is applied to Kong's own Deployment is merged on the server's side.
    const selector = { matchLabels: { app: 'kong' } };
    const merged = { ...object, spec: { ...object.spec, selector } };
    expect(problemsOf(object.kind === 'Deployment' ? merged : object)).toEqual([]);
    const namespaces = object.kind === 'Role' ? { namespaces: [object.metadata.namespace] } : {};
    for (const { apiGroups: groups, resources, verbs } of object.rules ?? []) {
      world.rules.push({ groups, resources, verbs, ...namespaces });
    }
  }

  expect(JSON.stringify(await world.findings())).not.toContain('K8S_FORBIDDEN');
});

it('5. has a GatewayClass and a Gateway', async () => {
  const conditions = [{ type: 'Accepted', status: 'Unknown', reason: 'Pending' }];
  const gateway = {
    kind: 'Gateway',
    metadata: { name: 'kong', namespace: 'kong' },
    spec: {
      gatewayClassName: 'kong',
      listeners: [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  };
  world.api.put({ ...gateway, status: { conditions } });
  expect(await world.findings()).toContain('K8S_CLASS_MISSING');

  world.api.put({
    kind: 'GatewayClass',
    metadata: { name: 'kong' },
    spec: { controllerName: 'konghq.com/kic-gateway-controller' },
  });
  const unserved = await world.findings();
  expect(unserved).not.toContain('K8S_CLASS_MISSING');
  expect(unserved).toContain('K8S_GATEWAY_NOT_SERVED');

  world.api.put({ ...gateway, status: { conditions: [{ type: 'Accepted', status: 'True' }] } });
  expect(await world.findings()).not.toContain('K8S_GATEWAY_NOT_SERVED');
});

it('6. asks for a path without a route: 404', async () => {
  await world.reconcileKong();
  world.putOrders();

  const { code, out } = await world.check('/orders');

  expect(out).toMatch(/\/orders\s+-\s+404\s+no-route/);
  expect(code).toBe(1);
  expect(await world.findings()).toContain('K8S_GATEWAY_NO_ROUTES');
});

it('7. attaches an HTTPRoute to the Gateway', async () => {
  putRoute('kogn');
  await world.reconcileKong();
  expect((await world.check('/orders')).out).toContain('no-route');
  expect(await world.findings()).toContain('K8S_ROUTE_NO_GATEWAY');

  putRoute('kong');
  await world.reconcileKong();

  const found = await world.findings();
  expect(found).not.toContain('K8S_ROUTE_NO_GATEWAY');
  expect(found).not.toContain('K8S_GATEWAY_NO_ROUTES');
  expect((await world.check('/orders')).out).not.toContain('no-route');
});

it('8. keeps service upstream on: without it the request goes past the mesh', async () => {
  const before = await world.check('HTTPRoute shop/orders', '--json');
  expect(JSON.parse(before.out)).toMatchObject([{ status: 200, ending: 'past-mesh' }]);
  expect(before.code).toBe(1);
  expect(await world.findings()).toContain('K8S_POD_IPS');

  await world.configure('daemon', 'enforce');
  expect((await world.command('sync')).code).toBe(0);
  await world.reconcileKong();

  expect(await world.findings()).not.toContain('K8S_POD_IPS');
  expect((await world.check('orders')).out).not.toContain('past-mesh');
});

it('8b. writes one PATCH for a Service, and none where nothing is missing', async () => {
  const patches = () => world.api.requests.filter((one) => one.startsWith('PATCH')).length;
  expect(patches()).toBe(1);

  expect((await world.command('sync')).code).toBe(0);

  expect(patches()).toBe(1);
});

it('9. asks again: 403, as nothing permits it', async () => {
  const { code, out } = await world.check('orders');

  expect(out).toMatch(/orders\.shop\s+403\s+not-permitted/);
  expect(code).toBe(1);
  expect(await world.findings()).toContain('KM302');
});

it('10. permits exactly what the routes call', async () => {
  const { out, code } = await world.command('manifests', 'permission');
  expect(code).toBe(0);
  const policies = documentsIn(out);
  expect(policies.map((one) => problemsOf(one))).toEqual([[]]);
  const [{ kind: type, metadata, spec }] = policies;

  world.controlPlane.put({ type, mesh: 'default', name: metadata.name, spec });

  expect(await world.findings()).not.toContain('KM302');
});

it('11. asks again: 200, and the mesh carried it', async () => {
  const { code, out } = await world.check('--json');

  expect(JSON.parse(out)).toEqual([
    {
      ...{ route: 'HTTPRoute shop/orders', service: 'orders.shop', status: 200 },
      ...{ ending: 'through', identities: ['spiffe://default/kong-proxy_kong_svc_80'] },
      reason: expect.any(String),
      clusters: ['default_orders_shop_zone-a_msvc_8080'],
    },
  ]);
  expect(code).toBe(0);
});

it('11b. proves it without a configuration, by the proxy and the control plane alone', async () => {
  const { proxy, controlPlane } = world;
  const { code, out } = await world.run(
    ...['check', '/orders', '--proxy', proxy, '--kuma-url', controlPlane.url],
  );

  expect(out).toMatch(/\/orders\s+orders\.shop\s+200\s+through/);
  expect(out).toContain('spiffe://default/kong-proxy_kong_svc_80');
  expect(code).toBe(0);
});

it('11c. leaves nothing that the doctor calls an error, although there is no Kong to configure', async () => {
  expect(await world.command('doctor')).toMatchObject({ code: 0, err: '' });
  expect(await world.command('sync')).toMatchObject({ code: 0, err: '' });
  expect(await world.command('diff')).toMatchObject({ code: 0 });
});

it('12. says that a service without an endpoint is what ends it', async () => {
  world.controlPlane.delete('Dataplane', 'orders-1.shop');

  const { code, out } = await world.check('orders');

  expect(out).toMatch(/503\s+no-endpoint/);
  expect(code).toBe(1);
});

it('has a test for each step of the guide', () => {
  const page = readFileSync(join(__dirname, '../../docs/how-to/kubernetes.md'), 'utf8');
  const steps = [...page.matchAll(/^\| (\d+)\. /gm)].map(([, number]) => Number(number));
  const own = readFileSync(__filename, 'utf8');

  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  for (const step of steps) expect(own).toMatch(new RegExp(`it\\(['"]${step}\\. `));
});
