/** Service upstream kept on: from the routes of a cluster to the annotations of its Services. */
import { createKubernetesSource } from '../../../../daemon/sources/kubernetes/kubernetes-source';
import { KubernetesSourceConfig } from '../../../../daemon/sources/kubernetes/config';
import { createApiClient } from '../../../../daemon/kubernetes-client/api-client';
import { createCluster } from '../../../../daemon/kubernetes-client/create-cluster';
import { createUpstreamTarget } from '../../../../daemon/targets/kubernetes-align/upstream-target';
import type {
  KubernetesApi,
  KubernetesApiOptions,
} from '../../../../sandbox/kubernetes/api-server';
import { resourceTypes } from '../../../../sandbox/kubernetes/resource-types';
import { meshedService, routedCluster } from '../../../support/routed-cluster';

const never = new AbortController().signal;
const annotation = 'ingress.kubernetes.io/service-upstream';
const mark = 'kong-meshd.io/service-upstream';
let api: KubernetesApi;

afterEach(() => api.stop());

async function start(options: KubernetesApiOptions = {}): Promise<void> {
  api = await routedCluster(options);
}

function daemon(settings: object = {}) {
  const config = KubernetesSourceConfig.parse({
    url: api.url,
    gateway: { namespace: 'kong', ...settings },
  });
  const source = createKubernetesSource({
    ...config,
    mesh: 'default',
    serviceUpstream: 'enforce',
  });
  const cluster = createCluster({ url: api.url });
  const target = createUpstreamTarget({ client: createApiClient({ cluster, timeoutMs: 2000 }) });
  return async (nowMs = 0) => {
    const { upstream = [], failures } = await source.observe(never);
    const report = await target.apply(upstream, nowMs, never);
    return { steps: upstream, failures, report };
  };
}

const serviceType = resourceTypes.find(({ kind }) => kind === 'Service')!;
const annotationsOf = (name: string) =>
  api.store.get(serviceType, `shop/${name}`)?.metadata.annotations ?? {};
const patches = () => api.requests.filter((request) => request.startsWith('PATCH'));
const annotate = (name: string, annotations: Readonly<Record<string, string>>) => {
  const { metadata, ...rest } = api.store.get(serviceType, `shop/${name}`)!;
  api.put({ ...rest, kind: 'Service', metadata: { ...metadata, annotations } });
};

it('annotates what routes lead to and nothing else, with one PATCH each', async () => {
  await start();
  const pass = daemon();

  const first = await pass();
  const second = await pass(1000);

  expect(first.report).toEqual({ writes: 3, failures: [] });
  expect(second).toMatchObject({ steps: [], report: { writes: 0, failures: [] } });
  expect(patches()).toHaveLength(3);
  for (const name of ['by-http', 'by-grpc', 'by-ingress']) {
    expect(annotationsOf(name)).toEqual({ [annotation]: 'true', [mark]: 'kong' });
  }
  expect(annotationsOf('unrouted')).toEqual({});
  expect(annotationsOf('of-nginx')).toEqual({});
});

it('is done for good: a second daemon finds nothing to do', async () => {
  await start();
  await daemon()();

  const { steps, report, failures } = await daemon()();

  expect(steps).toEqual([]);
  expect(report.writes).toBe(0);
  expect(failures.filter(({ code }) => code === 'K8S_POD_IPS')).toEqual([]);
});

it('takes all steps at once, or as many as a pass may take and the rest with the next ones', async () => {
  await start();
  const steps = Array.from({ length: 7 }, (_, at) => ({
    ...{ op: 'annotate' as const, namespace: 'shop', name: `many-${at}`, owner: 'kong' },
  }));
  for (const { name } of steps) for (const object of meshedService(name)) api.put(object);
  const client = createApiClient({ cluster: createCluster({ url: api.url }), timeoutMs: 2000 });
  const limited = createUpstreamTarget({ client, batch: 3 });

  for (const written of [3, 6, 7, 7]) {
    await limited.apply(steps, 0, never);
    expect(patches()).toHaveLength(written);
  }
  await createUpstreamTarget({ client }).apply(
    steps.map((step) => ({ ...step, op: 'restore' as const })),
    0,
    never,
  );

  expect(patches()).toHaveLength(14);
});

it('does not write twice while the watch has yet to show what was written', async () => {
  await start();
  const pass = daemon();
  const { steps } = await pass();
  const cluster = createCluster({ url: api.url });
  const target = createUpstreamTarget({ client: createApiClient({ cluster, timeoutMs: 2000 }) });
  const before = api.requests.length;

  await target.apply(steps, 0, never);
  const asked = api.requests.length - before;
  await target.apply(steps, 1000, never);

  // The Services were looked at once, and are as they should be.
  expect(patches()).toHaveLength(3);
  expect(api.requests.length - before).toBe(asked);
});

it('takes its own annotation back when the last route is gone', async () => {
  await start();
  const pass = daemon();
  await pass();
  api.remove('HTTPRoute', 'shop/by-http');

  const { report } = await pass(60_000);

  expect(report.writes).toBe(1);
  expect(annotationsOf('by-http')).toEqual({});
  expect(annotationsOf('by-grpc')).toHaveProperty([annotation]);
});

it.each([
  ["the control plane's own", { [annotation]: 'true' }],
  ['a wish of the user', { [annotation]: 'false' }],
])('leaves %s annotation alone, with and without routes', async (_name, annotations) => {
  await start();
  annotate('by-http', annotations);
  const pass = daemon();

  await pass();
  api.remove('HTTPRoute', 'shop/by-http');
  await pass(60_000);

  expect(annotationsOf('by-http')).toEqual(annotations);
});

it('leaves the annotation to another gateway that needs it still', async () => {
  await start();
  annotate('by-http', { [annotation]: 'true', [mark]: 'edge' });
  const pass = daemon();
  await pass();
  expect(annotationsOf('by-http')).toEqual({ [annotation]: 'true', [mark]: 'edge,kong' });
  api.remove('HTTPRoute', 'shop/by-http');

  await pass(60_000);

  expect(annotationsOf('by-http')).toEqual({ [annotation]: 'true', [mark]: 'edge' });
});

it('takes nothing back while it cannot read the routes', async () => {
  await start();
  await daemon()();
  api.faults.next({ path: /httproutes$/, status: 500, times: Infinity });

  const { steps, failures } = await daemon()();

  expect(steps).toEqual([]);
  expect(failures.map(({ code }) => code)).toContain('K8S_STATUS');
  expect(annotationsOf('by-http')).toHaveProperty([annotation]);
});

it('touches nothing where several classes could be its own', async () => {
  await start();
  api.put({
    kind: 'IngressClass',
    metadata: { name: 'internal' },
    spec: { controller: 'ingress-controllers.konghq.com/kong' },
  });

  const unnamed = await daemon()();
  const named = await daemon({ classes: ['kong'] })();

  expect(unnamed.report.writes).toBe(0);
  expect(unnamed.failures.map(({ code }) => code)).toContain('K8S_CLASSES_UNCLEAR');
  expect(named.report.writes).toBe(3);
});

it('says so where the role lacks the verb, and tries again only after a while', async () => {
  await start();
  api.faults.next({ method: 'PATCH', status: 403, body: { message: 'no' }, times: Infinity });
  const pass = daemon();

  const { report } = await pass(0);
  await pass(1000);
  expect(patches()).toHaveLength(3);
  api.faults.clear();
  const later = await pass(20_000);

  expect(report).toMatchObject({
    writes: 0,
    failures: [
      { code: 'K8S_UPSTREAM_FAILED', severity: 'warning', entity: 'Service shop/by-grpc' },
      { entity: 'Service shop/by-http' },
      { entity: 'Service shop/by-ingress' },
    ],
  });
  expect(later.report).toEqual({ writes: 3, failures: [] });
});

it('never writes over what somebody changed at the same moment', async () => {
  await start();
  const conflict = { kind: 'Status', status: 'Failure', reason: 'Conflict', code: 409 };
  api.faults.next({ method: 'PATCH', path: /by-http$/, status: 409, body: conflict });
  const pass = daemon();

  const first = await pass(0);
  const second = await pass(1);

  expect(first.report).toEqual({ writes: 2, failures: [] });
  expect(second.report).toEqual({ writes: 1, failures: [] });
});

describe('CRDs of other versions', () => {
  it('reads routes in the version that the cluster has', async () => {
    await start({ versions: { httproutes: ['v1beta1'], gateways: ['v1beta1'] } });

    expect((await daemon()()).report.writes).toBe(3);
  });

  it('says which versions it can read, and goes on with everything else', async () => {
    await start({ versions: { httproutes: ['v1alpha2'], grpcroutes: ['v2'] } });

    const { failures, report } = await daemon()();

    expect(report.writes).toBe(2);
    expect(failures).toMatchObject([
      { code: 'K8S_POD_IPS' },
      { code: 'K8S_POD_IPS' },
      {
        code: 'K8S_CRD_VERSION',
        severity: 'warning',
        entity: 'grpcroutes.gateway.networking.k8s.io',
        message: expect.stringContaining('in v2 alone'),
      },
    ]);
  });

  it('is content without the Gateway API', async () => {
    await start({ absentGroups: ['gateway.networking.k8s.io', 'gateway-operator.konghq.com'] });

    const { failures, report } = await daemon()();

    expect(report.writes).toBe(1);
    expect(failures.map(({ code }) => code)).toEqual(['K8S_POD_IPS']);
  });
});
