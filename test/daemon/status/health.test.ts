/** Green means working: page, probes and metrics say of an outage what is known, and nothing more. */
import { MeshdError } from '../../../catalog/error';
import {
  createStatusWorld,
  meshService,
  type StatusWorld,
} from '../../../bench/support/status-world';
import { createMetrics } from '../../../daemon/status/metrics';
import type { StatusDocument } from '../../../daemon/status/status-json';
import { until } from '../../support/until';
import { get } from './get';
import { serveStatus, type ServedStatus } from './served-status';

const kong = `_format_version: '3.0'
services:
  - { name: orders, host: x, tags: ['mesh:orders'], routes: [{ name: orders, paths: [/] }] }
  - name: payments
    host: payments.internal
    routes:
      - name: payments
        paths: [/payments]
        plugins: [{ name: mesh-upstream, config: { service: payments } }]
`;
const away = (code: string) =>
  new MeshdError({ code, severity: 'error', message: 'It is away.', remedy: 'Start it.' });

let served: ServedStatus;
let world: StatusWorld;
let laterMs: number;

beforeEach(async () => {
  laterMs = 0;
  served = await serveStatus({ now: () => Date.now() + laterMs });
  world = createStatusWorld({
    services: [meshService('orders'), meshService('payments')],
    kong,
  });
  await pass();
});
afterEach(() => served.stop());

async function pass(): Promise<void> {
  const seen = await world.pass();
  served.status.record({ ...seen, endedAtMs: seen.endedAtMs + laterMs });
}

async function shown(): Promise<StatusDocument> {
  return JSON.parse((await get(`${served.url}/status.json`)).body) as StatusDocument;
}
const ready = () => get(`${served.url}/readyz`);
const sample = async (name: string): Promise<number> => {
  const { body } = await get(`${served.url}/metrics`);
  const line = body.split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
};

it('is green while all is confirmed', async () => {
  const { verdict, counts, health } = await shown();

  expect(verdict).toBe('fine');
  expect(counts).toMatchObject({ healthy: 2, unknown: 0 });
  expect(health).toMatchObject({ notReady: null, lost: [] });
  expect((await ready()).status).toBe(200);
  expect(await sample('kong_meshd_ready')).toBe(1);
});

it('is not, once Kong has not confirmed for a while, though passes go on', async () => {
  const before = await sample('kong_meshd_last_success_timestamp_seconds{of="pass"}');
  world.breakKong(away('KONG_UNREACHABLE'));
  laterMs = 60_000;
  await pass();

  const { verdict, counts, health } = await shown();
  const { status, body } = await ready();

  expect(verdict).toBe('failing');
  expect(counts).toMatchObject({ healthy: 0, unknown: 2 });
  expect(health.lost).toEqual(
    ['kong', 'mesh'].filter((name) => health.lost.includes(name as never)),
  );
  expect([status, body]).toEqual([
    503,
    expect.stringMatching(/^not ready: Kong was last confirmed 6\d s ago\. KONG_UNREACHABLE: /),
  ]);
  expect(await sample('kong_meshd_ready')).toBe(0);
  expect(await sample('kong_meshd_last_success_timestamp_seconds{of="pass"}')).toBe(before);
  expect(await sample('kong_meshd_routes{health="healthy"}')).toBe(0);
});

it('becomes so without the end of any pass: one that hangs says nothing', async () => {
  const { revision } = served.status.board;
  laterMs = 60_000;

  await until(() => expect(served.status.board.revision).toBeGreaterThan(revision));

  expect((await shown()).verdict).toBe('failing');
  expect((await ready()).status).toBe(503);
});

it('calls nothing healthy while the mesh is not seen, and goes on serving', async () => {
  const failure = away('KUMA_UNREACHABLE').toFailure();
  laterMs = 60_000;
  world.observe([meshService('orders'), meshService('payments')], {
    sinceMs: Date.now(),
    failure,
  });
  const seen = await world.pass();
  const contacts = { ...seen.marks.contacts, kong: Date.now() + laterMs };
  served.status.record({
    ...seen,
    endedAtMs: Date.now() + laterMs,
    marks: { ...seen.marks, contacts },
  });

  const { verdict, counts, health } = await shown();
  const { status, body } = await ready();

  expect(verdict).toBe('warnings');
  expect(health.lost).toEqual(['mesh']);
  expect(counts).toMatchObject({ healthy: 0, unknown: 2 });
  expect([status, body]).toEqual([
    200,
    expect.stringMatching(/^ready; the mesh was last seen 6\d s ago, and the last good/),
  ]);
});

it('shows the routes that need a plugin server which does not answer as what they are', async () => {
  const problem = { socket: '/run/kong/mesh-upstream.socket', problem: 'ECONNREFUSED' };
  served.status.recordPluginServer(problem, [
    { code: 'KM605', severity: 'error', message: 'It is down.', remedy: 'Start it.' },
  ]);

  const { verdict, rows, findings } = await shown();
  const { status, body } = await ready();

  expect(verdict).toBe('errors');
  expect(rows.map(({ route, health }) => [route?.name, health])).toEqual([
    ['payments', 'unserved'],
    ['orders', 'healthy'],
  ]);
  expect(findings).toMatchObject([{ code: 'KM605' }]);
  expect([status, body]).toEqual([
    503,
    'not ready: the plugin server at /run/kong/mesh-upstream.socket does not answer (ECONNREFUSED)\n',
  ]);

  served.status.recordPluginServer({ socket: problem.socket, version: '1.2.3' }, []);

  expect((await shown()).verdict).toBe('fine');
  expect((await ready()).status).toBe(200);
});

it('leaves a plugin server that no route needs out of it', async () => {
  world.writeKong("_format_version: '3.0'\n");
  await pass();
  served.status.recordPluginServer({ socket: '/x', problem: 'ENOENT' }, []);

  expect((await ready()).status).toBe(200);
});

it('leaves Kong to the replica that leads', async () => {
  served.status.recordElection({ role: 'standby', lease: 'kong/kong-meshd', leader: 'other' });
  laterMs = 9_000;
  await pass();
  laterMs = 25_000;

  expect((await shown()).health.lost).not.toContain('kong');
});

it('exposes metrics before the first pass without claiming anything', async () => {
  const metrics = createMetrics({ version: '1', mesh: 'default', source: 'kuma' });

  expect((await metrics.expose()).text).toContain('kong_meshd_ready 0\n');
});
