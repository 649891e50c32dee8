/** Elections over a lease in an API server that can be slow, silent, forbidding and contended. */
import { systemClock } from '../../../daemon/reconcile/clock';
import { ElectionConfig } from '../../../daemon/election/config';
import { electionOf } from '../../../daemon/election/create-election';
import { createElection } from '../../../daemon/election/kubernetes-election';
import { createLeaseApi } from '../../../daemon/election/lease-api';
import type { Leadership } from '../../../daemon/election/leadership';
import { createApiClient } from '../../../daemon/kubernetes-client/api-client';
import { createCluster } from '../../../daemon/kubernetes-client/create-cluster';
import { startKubernetesApi, type KubernetesApi } from '../../../sandbox/kubernetes/api-server';
import { resourceTypes } from '../../../sandbox/kubernetes/resource-types';
import { startRelay, type Relay } from '../../support/relay';
import { until } from '../../support/until';

const timing = { leaseDurationMs: 1_000, renewDeadlineMs: 700, retryPeriodMs: 60 };
const leaseType = resourceTypes.find(({ kind }) => kind === 'Lease')!;

interface Replica {
  readonly leadership: Leadership;
  readonly relay: Relay;
  /** Is added to the wall clock. */
  clockSetMs: number;
  changes: number;
  end(): Promise<void>;
}

let api: KubernetesApi;
let replicas: Replica[];

beforeEach(async () => {
  api = await startKubernetesApi();
  replicas = [];
});

afterEach(async () => {
  for (const replica of replicas) await replica.end();
  await api.stop();
});

async function start(identity: string): Promise<Replica> {
  const relay = await startRelay(api.url);
  const client = createApiClient({ cluster: createCluster({ url: relay.url }), timeoutMs: 300 });
  const leaseApi = createLeaseApi(client, { namespace: 'kong', name: 'kong-meshd' });
  const controller = new AbortController();
  const leadership = createElection({
    ...{ identity, name: 'kong-meshd', timing, clock: systemClock },
    wall: () => Date.now() + replica.clockSetMs,
    open: async () => Promise.resolve({ api: leaseApi, lease: 'kong/kong-meshd' }),
    close: () => client.close(),
  });
  let running = Promise.resolve();
  const replica: Replica = {
    leadership,
    relay,
    clockSetMs: 0,
    changes: 0,
    async end() {
      controller.abort(new Error('the test ends'));
      await running;
      await relay.stop();
    },
  };
  running = leadership.run(controller.signal, () => (replica.changes += 1));
  replicas.push(replica);
  return replica;
}

const leads = ({ leadership }: Replica): boolean => leadership.term() !== undefined;
const spec = (): any => api.store.get(leaseType, 'kong/kong-meshd')?.['spec'];

/** The leader and a standby that knows it. */
async function pair(): Promise<[Replica, Replica]> {
  const a = await start('a');
  await until(() => expect(leads(a)).toBe(true));
  const b = await start('b');
  await until(() => expect(b.leadership.state().leader).toBe('a'));
  return [a, b];
}

it('makes the lease and leads', async () => {
  const a = await start('a');

  await until(() => expect(leads(a)).toBe(true));

  expect(a.leadership.state()).toEqual({ role: 'leader', lease: 'kong/kong-meshd', leader: 'a' });
  expect(spec()).toMatchObject({
    holderIdentity: 'a',
    leaseDurationSeconds: 1,
    leaseTransitions: 0,
    renewTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  });
});

it('has one leader, and the others know which', async () => {
  const [a, b] = await pair();
  const before = spec().renewTime;
  const { signal } = { signal: a.leadership.term()! };

  await until(() => expect(spec().renewTime).not.toBe(before));

  expect(leads(b)).toBe(false);
  expect(b.leadership.state()).toMatchObject({ role: 'standby', leader: 'a' });
  // A renewal is the same term: nothing starts over.
  expect(a.leadership.term()).toBe(signal);
});

it('hands over at once on a clean end, without waiting for the lease', async () => {
  const [a, b] = await pair();
  const term = a.leadership.term()!;

  await a.end();

  expect(term.aborted).toBe(true);
  // Given up at once; whoever waits may have it already.
  await until(() => expect(spec()).not.toMatchObject({ holderIdentity: 'a' }), 200);
  await until(() => expect(leads(b)).toBe(true), timing.leaseDurationMs - 100);
  expect(spec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

it.each<[string, Relay['mode']]>([
  ['hangs', 'hang'],
  ['forbids', 403],
  ['refuses the credentials', 401],
  ['is broken', 500],
  ['always says conflict', 409],
  ['is overloaded', 429],
])('stops before another may start where its API server %s', async (_name, mode) => {
  const [a, b] = await pair();
  const term = a.leadership.term()!;
  let endedAt = Infinity;
  let reason: unknown;
  term.addEventListener('abort', () => {
    endedAt = performance.now();
    reason = term.reason;
  });

  a.relay.mode = mode;
  const startedAt = await until(() => {
    expect(leads(b)).toBe(true);
    return performance.now();
  });

  expect(endedAt).toBeLessThan(startedAt);
  expect(reason).toMatchObject({
    code: 'ELECTION_LOST',
    message: expect.stringContaining('0.7 s'),
  });
  expect(a.leadership.state().role).toBe('standby');
  await until(() =>
    expect(a.leadership.findings()).toMatchObject([
      { code: 'ELECTION_FAILING', message: expect.stringContaining('kong/kong-meshd') },
    ]),
  );

  a.relay.mode = 'pass';
  await until(() => expect(a.leadership.state().leader).toBe('b'));
  expect(a.leadership.findings()).toEqual([]);
});

it('goes on after one answer that failed', async () => {
  const [a] = await pair();
  const term = a.leadership.term();
  api.faults.next({ method: 'PUT', path: /leases/, status: 500 });
  const before = spec().renewTime;

  await until(() => expect(spec().renewTime).not.toBe(before));

  expect(a.leadership.term()).toBe(term);
});

it('loses at once what somebody else has taken', async () => {
  const [a] = await pair();
  const term = a.leadership.term()!;
  const lease = structuredClone(api.store.get(leaseType, 'kong/kong-meshd')!);

  api.put({ ...lease, kind: 'Lease', spec: { ...spec(), holderIdentity: 'by hand' } });

  await until(() => expect(term.aborted).toBe(true), timing.renewDeadlineMs - 200);
  expect(term.reason).toMatchObject({
    message: expect.stringContaining('by hand holds the lease now'),
  });
});

it('goes on when somebody labels the lease', async () => {
  const [a] = await pair();
  const term = a.leadership.term();
  const lease = structuredClone(api.store.get(leaseType, 'kong/kong-meshd')!);
  const metadata = { ...lease.metadata, labels: { team: 'edge' } };
  const before = spec().renewTime;

  api.put({ ...lease, kind: 'Lease', metadata });

  await until(() => expect(spec().renewTime).not.toBe(before));
  expect(a.leadership.term()).toBe(term);
  expect(api.store.get(leaseType, 'kong/kong-meshd')?.metadata.labels).toEqual({ team: 'edge' });
});

it('makes the lease anew when somebody deleted it', async () => {
  const [a, b] = await pair();
  const term = a.leadership.term()!;

  api.remove('Lease', 'kong/kong-meshd');

  // Nobody else could know how long the old leader goes on.
  await until(() => expect(term.aborted).toBe(true));
  await until(() => expect(leads(a)).toBe(true));
  expect(leads(b)).toBe(false);
  expect(spec()).toMatchObject({ holderIdentity: 'a' });
});

it('stops when the clock of its machine jumps ahead, and leads again with a renewal', async () => {
  const [a, b] = await pair();
  const term = a.leadership.term()!;

  a.clockSetMs = 3_600_000;

  expect(term.aborted).toBe(true);
  await until(() => expect(leads(a)).toBe(true));
  expect(a.leadership.term()).not.toBe(term);
  expect(leads(b)).toBe(false);
});

it.each([
  ['ahead', 3_600_000],
  ['back', -3_600_000],
])('is not hurried where the clock of a standby is set %s', async (_name, setMs) => {
  const [a, b] = await pair();
  const before = spec().renewTime;

  b.clockSetMs = setMs;

  await until(() => expect(spec().renewTime).not.toBe(before));
  expect(leads(a)).toBe(true);
  expect(leads(b)).toBe(false);
});

it('elects one of many that start together', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(names.map(start));

  await until(() => expect(replicas.filter(leads)).toHaveLength(1));

  const leader = replicas.find(leads)!.leadership.state().leader;
  await until(() => {
    for (const { leadership } of replicas) expect(leadership.state().leader).toBe(leader);
  });
});

it('says what a role lacks', async () => {
  const tokens = new Map([['t', { name: 'daemon', rules: [] }]]);
  await api.stop();
  api = await startKubernetesApi({ tokens });

  const a = await start('a');

  await until(() =>
    expect(a.leadership.findings()).toMatchObject([
      { code: 'ELECTION_FAILING', severity: 'error', remedy: expect.stringContaining('leases') },
    ]),
  );
});

describe('as configured', () => {
  const parse = (kubernetes: object) => ElectionConfig.safeParse({ kubernetes });

  it.each([
    ['a deadline as long as the lease', { leaseDuration: '10s', renewDeadline: '10s' }, 'shorter'],
    ['a period that fits only once', { retryPeriod: '9s' }, 'more than once'],
    ['half a second', { leaseDuration: '1500ms', renewDeadline: '1s' }, 'whole seconds'],
    ['an upper-case name', { name: 'Kong' }, 'DNS name'],
    ['a path for a namespace', { namespace: '../kong' }, 'DNS label'],
    ['an unknown key', { holder: 'me' }, 'nrecognized'],
    ['two ways to a cluster', { url: 'http://localhost:8001', kubeconfig: 'x' }, 'not both'],
  ])('refuses %s', (_name, settings, message) => {
    expect(JSON.stringify(parse(settings).error?.issues)).toContain(message);
  });

  it('finds the lease in the cluster and namespace of the source', async () => {
    const config = ElectionConfig.parse({ kubernetes: { retryPeriod: '100ms' } });
    const source = { url: api.url, gateway: { namespace: 'edge' } };
    const leadership = electionOf(config, { source, clock: systemClock });
    const controller = new AbortController();

    const running = leadership.run(controller.signal, () => undefined);
    await until(() => expect(leadership.term()).toBeDefined());

    const { leader, lease } = leadership.state();
    expect(lease).toBe('edge/kong-meshd');
    expect(leader).toMatch(/^.+_[0-9a-f-]{36}$/);
    controller.abort();
    await running;
  });

  it('says so where there is no cluster at all', async () => {
    const config = ElectionConfig.parse({
      kubernetes: { kubeconfig: '/nowhere', retryPeriod: '100ms' },
    });
    const leadership = electionOf(config, { clock: systemClock });
    const controller = new AbortController();

    const running = leadership.run(controller.signal, () => undefined);
    await until(() =>
      expect(leadership.findings()).toMatchObject([
        { code: 'ELECTION_FAILING', message: expect.stringContaining('/nowhere') },
      ]),
    );

    controller.abort();
    await running;
  });
});
