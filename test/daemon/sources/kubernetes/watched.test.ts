/** What a source under watch makes of changes, and of everything that can happen to a watch. */
import { kindNames, watchedKinds } from '../../../../daemon/sources/kubernetes/watched-kinds';
import type { MeshdError } from '../../../../catalog/error';
import { KubernetesSourceConfig } from '../../../../daemon/sources/kubernetes/config';
import {
  createKubernetesSource,
  type KubernetesSourceOptions,
} from '../../../../daemon/sources/kubernetes/kubernetes-source';
import type { Observation, Source } from '../../../../daemon/sources/source';
import type { KubernetesApi } from '../../../../sandbox/kubernetes/api-server';

import {
  recordedAbsentGroups,
  recordedFinding,
  endpointSlice,
  kubernetesService,
  startRecordedCluster,
} from '../../../support/recorded-cluster';
import { until } from '../../../support/until';

const never = new AbortController().signal;
const timing = { minBackoffMs: 10, maxBackoffMs: 50 };
let api: KubernetesApi;
let source: Source;
let changes = 0;
let stop: () => void;

function begin(change: Partial<KubernetesSourceOptions> = {}): void {
  const config = KubernetesSourceConfig.parse({ url: api.url, gateway: { namespace: 'kong' } });
  source = createKubernetesSource({ ...config, mesh: 'default', timing, ...change });
  changes = 0;
  stop = source.watch!(() => {
    changes += 1;
  });
}

beforeEach(async () => {
  api = await startRecordedCluster();
  begin();
});

afterEach(async () => {
  stop();
  await api.stop();
});

/** Every kind but those of groups that the recorded cluster does not have. */
const watchedServices = kindNames.filter(
  (kind) => !recordedAbsentGroups.includes(watchedKinds[kind].resource.group),
).length;

/** Until the lists are in and every watch is open. */
async function settled(): Promise<Observation> {
  const observation = await source.observe(never);
  await until(() => expect(api.watches()).toHaveLength(watchedServices));
  return observation;
}

async function sees(name: string, expected: boolean): Promise<void> {
  await until(async () => {
    const { services } = await source.observe(never);
    expect(services.some((service) => service.name === name)).toBe(expected);
  });
}

it('asks nothing for a look once the lists are in', async () => {
  const first = await settled();
  const asked = api.requests.length;

  const second = await source.observe(never);

  expect(second).toBe(first);
  expect(api.requests).toHaveLength(asked);
});

it('calls back for a change, and the next look has it', async () => {
  await settled();
  changes = 0;

  api.put(kubernetesService('new', 80));
  await until(() => expect(changes).toBeGreaterThan(0));

  const { services } = await source.observe(never);
  expect(services.some(({ name }) => name === 'new')).toBe(true);
});

it('follows changes and removals of every kind', async () => {
  await settled();

  api.put(kubernetesService('new', 80));
  await sees('new', true);
  api.remove('Service', 'shop/new');
  await sees('new', false);
  api.put(endpointSlice('orders', 0, 2));
  await until(async () => {
    const { services } = await source.observe(never);
    const orders = services.find(
      ({ kind, name }) => kind === 'KubernetesService' && name === 'orders',
    );
    expect(orders?.availability).toBe('unavailable');
  });
});

it('does not call back for a change of nothing that it keeps', async () => {
  const before = await settled();
  const orders = api.store
    .list(api.watches('services')[0]!.type)
    .find(({ metadata }) => metadata.name === 'orders')!;
  changes = 0;

  api.put({ ...orders, kind: 'Service', status: { loadBalancer: { ingress: [] } } });
  api.put(kubernetesService('after', 80));
  await sees('after', true);

  expect(changes).toBe(1);
  expect((await source.observe(never)).revision).not.toBe(before.revision);
});

it.each<[string, (api: KubernetesApi) => void]>([
  ['ends', () => api.watches().forEach((watch) => watch.end())],
  ['is cut', () => api.watches().forEach((watch) => watch.cut())],
  ['expires by an event', () => api.watches().forEach((watch) => watch.expire())],
])('goes on when each watch %s', async (_name, act) => {
  await settled();
  act(api);
  api.put(kubernetesService('meanwhile', 80));
  api.remove('Service', 'shop/legacy');

  await sees('meanwhile', true);
  await sees('legacy', false);
  await until(() => expect(api.watches()).toHaveLength(watchedServices));
});

it('lists anew when the version it has is gone', async () => {
  await settled();
  const lists = () =>
    api.requests.filter((one) => one.startsWith('GET /api/v1/services?limit')).length;
  const before = lists();
  api.faults.next({ watch: true, path: '/api/v1/services', status: 503, times: 3 });
  api.watches('services')[0]?.cut();
  api.put(kubernetesService('lost', 80));
  api.remove('Service', 'shop/lost');
  api.put(kubernetesService('kept', 80));
  api.store.compact();

  await sees('kept', true);
  expect(lists()).toBe(before + 1);
});

it('lists anew when 410 comes as a status', async () => {
  await settled();
  const body = { kind: 'Status', reason: 'Expired', message: 'too old', code: 410 };
  api.faults.next({ watch: true, path: '/api/v1/services', status: 410, body });
  api.watches('services')[0]?.end();
  api.put(kubernetesService('new', 80));

  await sees('new', true);
});

it('notices a watch that has gone silent', async () => {
  stop();
  begin({ timing: { ...timing, idleMs: 150 } });
  await settled();
  for (const watch of api.watches()) watch.silence();
  api.put(kubernetesService('unheard', 80));

  await sees('unheard', true);
});

it('keeps a watch alone that only bookmarks come on', async () => {
  stop();
  await api.stop();
  api = await startRecordedCluster({ bookmarkMs: 30 });
  begin({ timing: { ...timing, idleMs: 400 } });
  await settled();
  const opened = () => api.requests.filter((one) => one.includes('watch=1')).length;
  const before = opened();

  // As many bookmarks as would fill the idle limit twice.
  await new Promise((resolve) => setTimeout(resolve, 900));

  expect(opened()).toBe(before);
});

it('does not run hot on a watch that dies at once', async () => {
  await settled();
  api.faults.next({ watch: true, status: 200, body: '', times: Infinity });
  for (const watch of api.watches()) watch.end();
  const before = api.requests.length;

  await new Promise((resolve) => setTimeout(resolve, 600));

  // At the full backoff of 50 ms each of the watches fits some 16 times; unchecked it would be hundreds.
  expect(api.requests.length - before).toBeLessThan(watchedServices * 25);
  expect(api.requests.length - before).toBeGreaterThan(watchedServices);
});

it('bears a server that refuses everything for a moment after its start', async () => {
  stop();
  const body = { kind: 'Status', message: 'not yet', reason: 'Forbidden', code: 403 };
  api.faults.next({ status: 403, body, times: 6 });
  begin();

  await expect(settled()).resolves.toMatchObject({ failures: [recordedFinding] });
});

it('rejects when the outage lasts, keeps the reason, and recovers by itself', async () => {
  stop();
  begin({ staleAfterMs: 100 });
  const before = await settled();
  api.faults.next({ status: 503, times: Infinity });
  for (const watch of api.watches()) watch.cut();

  const error = await until(async () => {
    const caught = await source.observe(never).then(
      () => undefined,
      (thrown: unknown) => thrown as MeshdError,
    );
    expect(caught).toBeDefined();
    return caught;
  });
  api.faults.clear();
  const after = await until(() => source.observe(never));

  expect(error).toMatchObject({ code: 'K8S_STATUS', message: expect.stringContaining('503') });
  expect(after.revision).toBe(before.revision);
});

it('gives the last look while the outage is short', async () => {
  const before = await settled();
  api.faults.next({ status: 503, times: Infinity });
  for (const watch of api.watches()) watch.cut();
  await until(() => expect(api.watches()).toHaveLength(0));

  await expect(source.observe(never)).resolves.toBe(before);
});

it('rejects with the missing verb where watching is not allowed', async () => {
  stop();
  const message = 'services is forbidden: User "u" cannot watch resource "services"';
  const body = { kind: 'Status', reason: 'Forbidden', message, code: 403 };
  api.faults.next({ watch: true, path: '/api/v1/services', status: 403, body, times: Infinity });
  begin({ staleAfterMs: 50 });

  await until(() =>
    expect(source.observe(never)).rejects.toMatchObject({
      code: 'K8S_FORBIDDEN',
      remedy: expect.stringContaining('"watch" on resource "services"'),
    }),
  );
});

it('takes up a CRD that is installed later, and lets go of one that is removed', async () => {
  stop();
  api.install('kuma.io', false);
  begin({ discoverMs: 50 });
  const before = await source.observe(never);

  api.install('kuma.io', true);
  await until(async () => {
    const { gateways } = await source.observe(never);
    expect(gateways).toHaveLength(1);
  });
  api.install('kuma.io', false);
  await until(async () => {
    const { gateways } = await source.observe(never);
    expect(gateways).toHaveLength(0);
  });

  expect(before.failures.map(({ code }) => code)).toContain('K8S_NO_MESH_API');
});

it('rejects at its deadline where a list never comes', async () => {
  stop();
  api.faults.next({ path: '/api/v1/services', hang: true, times: Infinity });
  begin({ timeoutMs: 200 });

  await expect(source.observe(never)).rejects.toMatchObject({ code: 'K8S_TIMEOUT' });
});

it('ends a look with the reason of its signal', async () => {
  stop();
  api.faults.next({ path: '/api/v1/services', hang: true, times: Infinity });
  begin();
  const controller = new AbortController();
  const looked = source.observe(controller.signal);
  controller.abort(new Error('shutting down'));

  await expect(looked).rejects.toThrow('shutting down');
});

it('closes its watches when it is stopped, and lists anew without them', async () => {
  await settled();
  stop();
  await until(() => expect(api.watches()).toHaveLength(0));
  api.put(kubernetesService('new', 80));

  const { services } = await source.observe(never);

  expect(services.some(({ name }) => name === 'new')).toBe(true);
  expect(api.watches()).toHaveLength(0);
});
