/** Findings as Events, on a stand-in that holds them to the published schema. */
import type { Failure } from '../../../../catalog/error';
import { createApiClient } from '../../../../daemon/kubernetes-client/api-client';
import { createEventRecorder } from '../../../../daemon/targets/kubernetes-events/event-recorder';
import { startKubernetesApi, type KubernetesApi } from '../../../../sandbox/kubernetes/api-server';
import { resourceTypes } from '../../../../sandbox/kubernetes/resource-types';
import { problemsOf } from '../../../support/kubernetes-schemas';

const never = new AbortController().signal;
const eventType = resourceTypes.find(({ kind }) => kind === 'Event')!;
let api: KubernetesApi;
let nowMs: number;

const finding = (entity: string): Failure => ({
  ...{ code: 'K8S_POD_IPS', severity: 'warning', message: 'Kong goes past the mesh.' },
  ...{ remedy: 'Annotate it.', entity },
});
const written = (): any[] => [...api.store.list(eventType)];
const writes = () => api.requests.filter((request) => /^(POST|PATCH)/.test(request)).length;

beforeEach(async () => {
  api = await startKubernetesApi();
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  api.put({ kind: 'Pod', metadata: { name: 'kong-1', namespace: 'kong', uid: 'u-1' } });
});

afterEach(() => api.stop());

function recorder(onOff?: (reason: string) => void) {
  const connection = async () => ({ url: api.url, headers: {}, tls: {} });
  const cluster = { connection, namespace: async () => 'kong' };
  return createEventRecorder({
    client: createApiClient({ cluster, timeoutMs: 2000 }),
    ...{ pod: 'kong-1', now: () => nowMs, flushMs: 5, ...(onOff ? { onOff } : {}) },
  });
}

it("writes one Event for a finding, on the gateway's Pod, in the form of the API", async () => {
  const events = recorder();
  events.report([finding('Service shop/orders')]);

  await events.flush(never);

  const [event] = written();
  expect(problemsOf({ ...event, apiVersion: 'events.k8s.io/v1', kind: 'Event' })).toEqual([]);
  expect(event).toMatchObject({
    ...{ reason: 'K8sPodIps', type: 'Warning', action: 'Observe' },
    regarding: { kind: 'Pod', namespace: 'kong', name: 'kong-1', uid: 'u-1' },
    note: 'Service shop/orders Kong goes past the mesh. Annotate it.',
  });
});

it('counts a finding that lasts up, now and then', async () => {
  const events = recorder();
  events.report([finding('a')]);
  for (let minute = 0; minute < 21; minute += 1) {
    await events.flush(never);
    nowMs += 60_000;
  }

  expect(written()).toHaveLength(1);
  expect(written()[0].series).toMatchObject({ count: 3 });
  expect(writes()).toBe(3);
});

it('writes no flood of Events', async () => {
  const events = recorder();
  events.report(Array.from({ length: 500 }, (_, index) => finding(`Service shop/s${index}`)));

  await events.flush(never);
  await events.flush(never);

  expect(written()).toHaveLength(5);
});

it('writes a new one where a finding comes again after it was gone', async () => {
  const events = recorder();
  events.report([finding('a')]);
  await events.flush(never);
  events.report([]);
  await events.flush(never);
  nowMs += 1;
  events.report([finding('a')]);
  await events.flush(never);

  expect(written()).toHaveLength(2);
});

it('is off without the role, says so once, and asks no more', async () => {
  api.faults.next({ method: 'POST', status: 403, body: { message: 'no' }, times: Infinity });
  const reasons: string[] = [];
  const events = recorder((reason) => reasons.push(reason));
  events.report([finding('a')]);

  await events.run(new AbortController().signal);

  expect(reasons).toHaveLength(1);
  expect(written()).toEqual([]);
});
