/** Aligning against an API server whose control plane follows the Services, as a real one does. */
import type { GatewayDataplane } from '../../../../catalog/gateway';
import { predictTag } from '../../../../daemon/kubernetes/gateway-tag';
import { toMeshResource } from '../../../../daemon/kubernetes/mesh-resource';
import { PodView, ServiceView } from '../../../../daemon/kubernetes/views';
import { createApiClient } from '../../../../daemon/kubernetes-client/api-client';
import { createCluster } from '../../../../daemon/kubernetes-client/create-cluster';
import { Dataplane } from '../../../../daemon/sources/resources/dataplane';
import {
  createAlignTarget,
  type AlignOptions,
} from '../../../../daemon/targets/kubernetes-align/align-target';
import { createKubernetesAlign } from '../../../../daemon/targets/kubernetes-align/create-kubernetes-align';
import type { KubernetesApi } from '../../../../sandbox/kubernetes/api-server';
import { resourceTypes } from '../../../../sandbox/kubernetes/resource-types';
import { startRecordedCluster } from '../../../support/recorded-cluster';

const never = new AbortController().signal;
const podName = 'kong-gateway-54b6f45875-bmmps';
const proxy = 'kong-proxy_kong_svc_80';
const admin = 'kong-admin_kong_svc_8444';
let api: KubernetesApi;
/** Every tag that the gateway had, in turn. */
let names: string[];
let follow = true;

const typeOf = (kind: string) => resourceTypes.find((type) => type.kind === kind)!;
const get = (kind: string, name: string): any => api.store.get(typeOf(kind), `kong/${name}`);
const annotations = (name: string) => get('Service', name).metadata.annotations;

/** What the control plane does on each change of a Service: it makes the Dataplane's tags anew. */
function reconcile(): void {
  const services = api.store.list(typeOf('Service')).map((object) => ServiceView.parse(object));
  const { tag } = predictTag(PodView.parse(get('Pod', podName))!, services);
  const dataplane = structuredClone(get('Dataplane', podName));
  const { tags } = dataplane.spec.networking.gateway;
  if (tags['kuma.io/service'] === tag) return;
  tags['kuma.io/service'] = tag;
  names.push(tag);
  api.put({ ...dataplane, kind: 'Dataplane' });
}

beforeEach(async () => {
  api = await startRecordedCluster();
  names = [];
  follow = true;
  api.store.listen(({ resource }) => {
    if (follow && resource.kind === 'Service') reconcile();
  });
});

afterEach(() => api.stop());

function target(change: Partial<AlignOptions> = {}) {
  const client = createApiClient({ cluster: createCluster({ url: api.url }), timeoutMs: 2000 });
  return createAlignTarget({ client, namespace: 'kong', wanted: proxy, waitMs: 2000, ...change });
}

function observed(): readonly GatewayDataplane[] {
  return [Dataplane.parse(toMeshResource('Dataplane', get('Dataplane', podName)))];
}

async function run(change: Partial<AlignOptions> = {}) {
  const aligning = target(change);
  return aligning.expand(aligning.plan(observed(), [], 0), never);
}

it('gives the gateway the wanted tag by one annotation', async () => {
  const report = await run();

  expect(report).toEqual({ writes: 1, failures: [] });
  expect(names).toEqual([proxy]);
  expect(annotations('kong-admin')).toMatchObject({
    'kuma.io/ignore': 'true',
    'kong-meshd.io/ignored-for': proxy,
    'ingress.kubernetes.io/service-upstream': 'true',
  });
});

it('goes to a later Service without a name in between', async () => {
  const wanted = 'kong-validation-webhook_kong_svc_443';

  const report = await run({ wanted });

  expect(report).toEqual({ writes: 2, failures: [] });
  expect(names).toEqual([wanted]);
});

it('takes its own annotations back, and nothing else', async () => {
  await run();

  const report = await run({ wanted: admin });

  expect(report).toEqual({ writes: 1, failures: [] });
  expect(names).toEqual([proxy, admin]);
  expect(Object.keys(annotations('kong-admin'))).toEqual([
    'ingress.kubernetes.io/service-upstream',
    'nginx.ingress.kubernetes.io/service-upstream',
  ]);
});

it("leaves the user's own annotation alone", async () => {
  const service = structuredClone(get('Service', 'kong-admin'));
  service.metadata.annotations['kuma.io/ignore'] = 'true';
  api.put({ ...service, kind: 'Service' });

  const report = await run({ wanted: admin });

  expect(report.writes).toBe(0);
  expect(report.failures).toMatchObject([
    {
      code: 'K8S_ALIGN_IMPOSSIBLE',
      severity: 'warning',
      message: expect.stringContaining('kong-admin is ignored by its annotation'),
    },
  ]);
});

it('is made of the settings of a source', async () => {
  const settings = { url: api.url, timeoutMs: 2000, gateway: { namespace: 'kong' } };
  const aligning = createKubernetesAlign(settings, proxy);

  const report = await aligning.expand(aligning.plan(observed(), [], 0), never);

  expect(report.writes).toBe(1);
});

it('has nothing to do where all is well', () => {
  const plan = target({ wanted: admin }).plan(observed(), [], 0);

  expect(plan).toMatchObject({ expanding: [], contracting: [], failures: [] });
  expect(plan.unsettled).toBeUndefined();
});

it('leaves a gateway without any tags alone', () => {
  const tagless = observed().map(({ service: _service, ...rest }) => ({ ...rest, tags: {} }));

  expect(target().plan(tagless, [], 0).expanding).toEqual([]);
});

it('says what it will do, and not again before its time', () => {
  const aligning = target({ retryMs: 1000 });

  const first = aligning.plan(observed(), [], 5000);
  const second = aligning.plan(observed(), [], 5999);
  const third = aligning.plan(observed(), [], 6000);

  expect(first.expanding).toEqual([
    {
      dataplane: `${podName}.kong`,
      op: 'set-service',
      what: `kuma.io/service ${proxy}`,
      before: admin,
      after: proxy,
    },
  ]);
  expect(second).toMatchObject({ expanding: [], unsettled: true });
  expect(third.expanding).toHaveLength(1);
});

it('says so where the control plane does not follow', async () => {
  follow = false;

  const report = await run({ waitMs: 60 });

  expect(report).toMatchObject({ writes: 1, failures: [{ code: 'K8S_ALIGN_PENDING' }] });
});

it('reads again where somebody else changed the Service meanwhile', async () => {
  const body = { kind: 'Status', reason: 'Conflict', message: 'modified', code: 409 };
  api.faults.next({ method: 'PATCH', status: 409, body });

  await expect(run()).resolves.toEqual({ writes: 1, failures: [] });
});

it('names the missing verb, and stops nothing', async () => {
  const body = { kind: 'Status', reason: 'Forbidden', message: 'no', code: 403 };
  api.faults.next({ method: 'PATCH', status: 403, body });

  const report = await run();

  expect(report).toMatchObject({
    writes: 0,
    failures: [
      {
        code: 'K8S_ALIGN_FAILED',
        severity: 'warning',
        remedy: expect.stringContaining('"patch" on resource "services"'),
      },
    ],
  });
});
