/** Two daemons, one Kong with a database, one lease: who writes, and who takes over. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Child } from '../../sandbox/child';
import { startAdmin } from '../../sandbox/gateway/admin/start-admin';
import type { AdminServer } from '../../sandbox/gateway/admin/admin-server';
import type { KubernetesApi } from '../../sandbox/kubernetes/api-server';
import { resourceTypes } from '../../sandbox/kubernetes/resource-types';
import { kubernetesService, startRecordedCluster } from '../support/recorded-cluster';
import { startRelay, type Relay } from '../support/relay';
import { until } from '../support/until';
import { startDaemon } from './programs';

/** Longer than a lease, on a machine that is busy. */
const patienceMs = 30_000;
jest.setTimeout(3 * patienceMs);

interface Replica {
  readonly name: string;
  readonly daemon: Child;
  /** Its way to the lease, and its way to Kong. */
  readonly lease: Relay;
  readonly kong: Relay;
  readonly snapshot: string;
  writes(): readonly string[];
  page(path: string): Promise<{ readonly status: number; readonly text: string }>;
}

let api: KubernetesApi;
let kong: AdminServer;
let folder: string;
let kongFile: string;
let replicas: Replica[];

beforeEach(async () => {
  api = await startRecordedCluster();
  kong = await startAdmin({ mode: 'db' });
  folder = await mkdtemp(join(tmpdir(), 'election-'));
  kongFile = join(folder, 'kong.yml');
  await writeKong('orders');
  replicas = [];
});

afterEach(async () => {
  for (const { daemon } of replicas) {
    daemon.kill('SIGCONT');
    await daemon.stop();
  }
  for (const { lease, kong: way } of replicas) await Promise.all([lease.stop(), way.stop()]);
  await Promise.all([api.stop(), kong.stop()]);
  await rm(folder, { recursive: true, force: true });
});

async function writeKong(...names: readonly string[]): Promise<void> {
  const services = names.map((name) => ({
    ...{ name, host: 'unused', tags: ['mesh:orders.shop:8080'] },
    routes: [{ name, paths: [`/${name}`] }],
  }));
  await writeFile(kongFile, JSON.stringify({ _format_version: '3.0', services }));
}

async function start(name: string, before = (_ways: Pick<Replica, 'kong' | 'lease'>) => {}) {
  const [lease, way] = await Promise.all([startRelay(api.url), startRelay(kong.url)]);
  before({ lease, kong: way });
  const snapshot = join(folder, name, 'catalog.json');
  const config = {
    sources: [{ kubernetes: { url: api.url, gateway: { namespace: 'kong' } } }],
    gateway: { environment: 'kubernetes' },
    kong: {
      config: kongFile,
      settle: '100ms',
      target: { admin: { url: way.url, parallelism: 1 } },
    },
    plugin: { snapshot },
    election: {
      kubernetes: {
        ...{ url: lease.url, namespace: 'kong' },
        ...{ leaseDuration: '6s', renewDeadline: '4s', retryPeriod: '300ms' },
      },
    },
    status: { listen: '127.0.0.1:0' },
    doctor: false,
  };
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, JSON.stringify(config));
  const daemon = startDaemon(file);
  const replica: Replica = {
    ...{ name, daemon, lease, kong: way, snapshot },
    writes: () => way.passed.map(({ what }) => what).filter((what) => !what.startsWith('GET ')),
    async page(path) {
      const { url } = logged(replica, 'status server listens')[0]!;
      const response = await fetch(`${url}${path}`);
      return { status: response.status, text: await response.text() };
    },
  };
  replicas.push(replica);
  return replica;
}

function logged({ daemon }: Replica, msg: string): any[] {
  const lines = daemon.stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line): any => JSON.parse(line)).filter((line) => line.msg === msg);
}

/** What the election reported; the cluster itself has a Service that the ingress controller hides. */
function aboutElection(replica: Replica): any[] {
  return logged(replica, 'finding').filter(({ code }) => code.startsWith('ELECTION_'));
}

const leads = (replica: Replica): boolean => logged(replica, 'election').at(-1)?.role === 'leader';

function holder(): unknown {
  const type = resourceTypes.find(({ kind }) => kind === 'Lease')!;
  const spec = api.store.get(type, 'kong/kong-meshd')?.['spec'];
  return (spec as { readonly holderIdentity?: unknown } | undefined)?.holderIdentity;
}

async function inKong(name: string): Promise<void> {
  await until(async () => {
    expect((await fetch(`${kong.url}/routes/${name}`)).status).toBe(200);
  }, patienceMs);
}

/** The leader, in step, and a standby that knows it. */
async function pair(): Promise<[Replica, Replica]> {
  const a = await start('a');
  await inKong('orders');
  const b = await start('b');
  await until(() => expect(logged(b, 'election').at(-1)?.leader).toMatch(/./), patienceMs);
  return [a, b];
}

it('lets exactly one write, and both keep their snapshot', async () => {
  const [a, b] = await pair();

  await writeKong('orders', 'more');
  api.put(kubernetesService('brand-new', 80));

  await inKong('more');
  for (const { snapshot } of [a, b]) {
    await until(async () => expect(await readFile(snapshot, 'utf8')).toContain('"brand-new"'));
  }
  expect(a.writes().length).toBeGreaterThan(0);
  expect(b.writes()).toEqual([]);
  await until(async () => {
    expect(await a.page('/readyz')).toMatchObject({
      status: 200,
      text: 'ready: this replica leads (lease kong/kong-meshd)\n',
    });
    expect(await b.page('/readyz')).toMatchObject({
      status: 200,
      text: expect.stringMatching(/^ready: standby, .+_.+ leads \(lease kong\/kong-meshd\)\n$/),
    });
  });
  expect((await a.page('/metrics')).text).toMatch(/^kong_meshd_leader 1$/m);
  expect((await b.page('/metrics')).text).toMatch(/^kong_meshd_leader 0$/m);
  expect(JSON.parse((await b.page('/status.json')).text)).toMatchObject({
    election: { role: 'standby', lease: 'kong/kong-meshd', leader: expect.any(String) },
    target: null,
  });
});

it('hands over at once when the leader is asked to end', async () => {
  const [a, b] = await pair();

  const leader: string = logged(a, 'election').at(-1).leader;
  await a.daemon.stop();
  // Given back, not run out: nobody has to wait for it.
  expect(holder()).not.toBe(leader);
  await until(() => expect(leads(b)).toBe(true), patienceMs);

  await writeKong('orders', 'after');
  await inKong('after');
  expect(b.writes().length).toBeGreaterThan(0);
});

it('is taken over after the lease when the leader is killed', async () => {
  const [a, b] = await pair();
  await writeKong('orders', 'during');
  await inKong('during');

  a.daemon.kill('SIGKILL');
  await writeKong('orders', 'after');
  await inKong('after');

  expect(logged(b, 'election').map(({ role }) => role)).toEqual(['standby', 'standby', 'leader']);
});

it('stops writing before another starts when its API server hangs', async () => {
  const [a, b] = await pair();

  a.lease.mode = 'hang';
  await until(() => expect(leads(b)).toBe(true), patienceMs);
  const before = a.writes().length;
  await writeKong('orders', 'after');
  await inKong('after');

  expect(leads(a)).toBe(false);
  expect(a.writes()).toHaveLength(before);
  const lost = logged(a, 'election').findLast(({ role }) => role === 'standby')!;
  const gained = logged(b, 'election').findLast(({ role }) => role === 'leader')!;
  expect(lost.time).toBeLessThan(gained.time);
  expect(aboutElection(a)).toMatchObject([{ code: 'ELECTION_FAILING' }]);
});

it('writes nothing more when it goes on after its time, though Kong has answered meanwhile', async () => {
  const a = await start('a', (ways) => (ways.kong.mode = 'hold'));
  await until(() => expect(a.writes()).toHaveLength(1), patienceMs);

  a.daemon.kill('SIGSTOP');
  const b = await start('b');
  await inKong('orders');
  expect(leads(b)).toBe(true);
  a.kong.mode = 'pass';
  // The answer must lie there when it goes on, ahead of the timers that are due.
  await new Promise((resolve) => setTimeout(resolve, 500));
  a.daemon.kill('SIGCONT');

  await until(() => expect(logged(a, 'election').at(-1)).toMatchObject({ role: 'standby' }));
  await until(() => expect(aboutElection(a)).toMatchObject([{ code: 'ELECTION_LOST' }]));
  expect(a.writes()).toHaveLength(1);
});
