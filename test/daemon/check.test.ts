/** The proof: what is concluded from an answer and from the counters of the gateway's sidecar. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { probeOf } from '../../daemon/check/probe-request';
import { isClusterOf } from '../../daemon/check/cluster-name';
import { readCounters, risen, sumCounters } from '../../daemon/check/stats';
import { judgeAnswer, type Answer } from '../../daemon/check/verdict';
import { addCheck } from '../../daemon/cli/commands/check';
import { runCli } from '../../daemon/cli/program';
import type { Entity } from '../../daemon/kong/model';

const ok: Answer = { status: 200, headers: {}, body: 'hello' };
const orders = { name: 'orders', namespace: 'shop', tags: ['orders_shop_svc_8080'] };
const json = (status: number, body: object, headers = {}): Answer => ({
  ...{ status, headers, body: JSON.stringify(body) },
});
const noRoute = json(404, { message: 'no Route matched with those values' });

it('proves nothing by what an earlier request may have counted', () => {
  const look = { clusters: [], late: through, complete: true };

  expect(judgeAnswer(ok, look, [orders])).toMatchObject({ ending: 'unknown', clusters: [] });
  const payments = { name: 'payments', tags: ['payments_shop_svc_8080'] };
  expect(judgeAnswer(ok, look, [payments]).ending).toBe('past-mesh');
});

const through = ['orders_shop_svc_8080'];

it.each<[string, Answer, readonly string[] | undefined, string]>([
  ['its cluster counted it', ok, through, 'through'],
  ['a subset of it', ok, ['orders_shop_svc_8080-5b73b3f4adf20020'], 'through'],
  ['a name of Kuma 3', ok, ['kri_msvc_default_east_shop_orders_8080'], 'through'],
  ["the service's own error", { ...ok, status: 500 }, through, 'through'],
  [
    "the service's own 404, in Kong's words",
    json(
      404,
      { message: 'no Route matched with those values' },
      { 'x-kong-upstream-latency': '3' },
    ),
    through,
    'through',
  ],
  [
    "the service's own 404, where Kong hides its latency",
    json(404, { message: 'none' }, { 'x-envoy-upstream-service-time': '3' }),
    through,
    'through',
  ],
  ['passed on', ok, ['outbound_passthrough_ipv4'], 'past-mesh'],
  [
    'passed on, beside the request of somebody else',
    ok,
    [...through, 'outbound_passthrough_ipv4'],
    'unknown',
  ],
  ['nothing counted', ok, [], 'past-mesh'],
  ['another service counted', ok, ['payments_shop_svc_8080'], 'other-service'],
  ['a service of a longer name counted', ok, ['old-orders_shop_svc_8080'], 'other-service'],
  ['no counters', ok, undefined, 'unknown'],
  ['denied', { ...ok, status: 403, body: 'RBAC: access denied' }, through, 'not-permitted'],
  ['no endpoint', { ...ok, status: 503, body: 'no healthy upstream' }, [], 'no-endpoint'],
  [
    'no ready Pod',
    json(503, { message: 'failure to get a peer from the ring-balancer' }),
    [],
    'no-endpoint',
  ],
  ['no route', noRoute, [], 'no-route'],
  ['no route for HEAD', { ...noRoute, body: '', bodyless: true }, [], 'no-route'],
  [
    'a refusal of HEAD, whoever refused it',
    { status: 403, headers: { 'x-kong-upstream-latency': '2' }, body: '', bodyless: true },
    through,
    'unknown',
  ],
  ['the plugin refused', json(503, { message: 'x', code: 'UPSTREAM_UNKNOWN' }), [], 'plugin'],
  ['no plugin server', json(500, { message: 'An unexpected error occurred' }), [], 'plugin'],
  ['no credential', json(401, { message: 'No API key found in request' }), [], 'gateway'],
  ['a 403 of a plugin', json(403, { message: 'You cannot consume this service' }), [], 'gateway'],
])('%s', (_name, answer, clusters, ending) => {
  const look = clusters && { clusters, complete: true };
  expect(judgeAnswer(answer, look, [orders]).ending).toBe(ending);
});

it('proves nothing where a gateway could not be asked, or began to count anew', () => {
  expect(judgeAnswer(ok, { clusters: [], complete: false }, [orders]).ending).toBe('unknown');
  expect(judgeAnswer(ok, { clusters: undefined, complete: true }, [orders]).ending).toBe('unknown');
  expect(judgeAnswer(ok, { clusters: ['odd'], complete: true }, [orders], false).ending).toBe(
    'unknown',
  );
});

it('reads the counters that a request raises, and no others', () => {
  const before = readCounters('cluster.a.upstream_rq_total: 5\ncluster.b.c.upstream_rq_total: 1\n');
  const after = readCounters(
    [
      'cluster.a.upstream_rq_total: 5',
      'cluster.a.membership_total: 9',
      'cluster.b.c.upstream_rq_total: 2',
      'cluster.tcp.upstream_cx_tx_bytes_total: 12',
      'cluster.ads_cluster.upstream_rq_total: 7',
      'cluster.kuma_envoy_admin.upstream_rq_total: 7',
      'cluster.localhost_8000.upstream_rq_total: 7',
      'cluster.inbound_passthrough_ipv4.upstream_cx_total: 7',
      'http.b.downstream_rq_total: 3',
      'garbage',
    ].join('\n'),
  );

  expect(risen(before, after)).toEqual(['b.c', 'tcp']);
});

it('takes bytes for a request only where no HTTP is spoken', () => {
  const stats = (bytes: number) =>
    readCounters(
      `cluster.web.upstream_cx_http2_total: 1\ncluster.web.upstream_cx_tx_bytes_total: ${bytes}\ncluster.db.upstream_cx_tx_bytes_total: ${bytes}`,
    );

  expect(risen(stats(1), stats(2))).toEqual(['db']);
});

it('concludes nothing from counters that fell', () => {
  const stats = (count: number) => readCounters(`cluster.web.upstream_rq_total: ${count}`);

  expect(risen(stats(5), stats(1))).toBeUndefined();
  expect(risen(sumCounters([stats(5), stats(1)]), sumCounters([stats(5), stats(2)]))).toEqual([
    'web',
  ]);
});

it.each([
  ['orders_shop_svc_8080', true],
  ['orders_shop_svc_8080-5b73b3f4adf20020', true],
  ['kri_msvc_default_east_shop_orders_8080', true],
  ['kri_msvc_default_east_shop_orders_http', true],
  ['default_orders_shop_east_msvc_8080', true],
  ['kri_extsvc_default_east_shop_orders_', true],
  ['reorders_shop_svc_8080', false],
  ['old-orders_shop_svc_8080', false],
  ['orders_lab_svc_8080', false],
  ['orders_shop_svc_9090', false],
  ['kri_msvc_default_east_shop_old-orders_8080', false],
  ['kri_msvc_default_west_shop_orders_8080', false],
  ['kri_msvc_orders_shop_default_web_8080', false],
  ['default_orders_shop_east_msvc_9090', false],
  ['orders_web_shop_east_msvc_8080', false],
])('the cluster %s is that of orders.shop in zone east, port 8080: %s', (cluster, expected) => {
  const service = { ...orders, zone: 'east', ports: [8080, 'http'] };
  expect(isClusterOf(cluster, service)).toBe(expected);
});

const route = (fields: object): Entity => ({
  ...{ type: 'routes', key: 'r', id: 'r', references: {}, owner: 'user', secrets: [] },
  fields: fields as Entity['fields'],
});

it.each([
  [{}, {}, { method: 'GET', path: '/' }],
  [{ methods: ['POST', 'HEAD'], paths: ['~/x', '/y'] }, {}, { method: 'HEAD', path: '/y' }],
  [{ hosts: ['*.example'] }, {}, { method: 'GET', path: '/', host: 'check.example' }],
  [{ headers: { tier: ['gold'] } }, {}, { headers: { tier: 'gold' } }],
  [{ methods: ['POST'] }, { method: 'POST' }, { method: 'POST' }],
])('asks %j with %j as %j', (fields, overrides, expected) => {
  expect(probeOf(route(fields), { headers: {}, ...overrides })).toMatchObject({
    ok: true,
    request: expected,
  });
});

it.each([{ methods: ['POST', 'DELETE'] }, { protocols: ['tcp'] }, { paths: ['~/a\\d'] }])(
  'sends nothing to a route with %j without being asked',
  (fields) => {
    expect(probeOf(route(fields), { headers: {} })).toMatchObject({ ok: false });
  },
);

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'check-'));
  const config = join(folder, 'kong-meshd.yaml');
  const asked: string[] = [];
  let kong: Server;
  let proxy: string;

  beforeAll(async () => {
    kong = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.host ?? ''}`);
      if (request.url === '/orders') {
        response.writeHead(403, { server: 'envoy' }).end('RBAC: access denied');
      } else if (request.url === '/moved') {
        response.writeHead(302, { location: '/orders' }).end();
      } else response.writeHead(404).end(noRoute.body);
    });
    await new Promise<void>((resolve) => kong.listen(0, '127.0.0.1', resolve));
    proxy = `http://127.0.0.1:${(kong.address() as AddressInfo).port}`;
    writeFileSync(
      join(folder, 'mesh.yaml'),
      'type: MeshService\nmesh: default\nname: orders\nspec: { ports: [{ port: 80 }] }\nstatus: { vips: [{ ip: 241.0.0.1 }] }\n',
    );
    writeFileSync(
      join(folder, 'kong.yml'),
      '_format_version: "3.0"\nservices:\n  - name: orders\n    host: x\n    tags: ["mesh:orders"]\n    routes:\n      - { name: orders, paths: [/orders], hosts: [shop.example] }\n  - name: plain\n    host: example.com\n    routes: [{ name: plain, paths: [/plain] }]\n',
    );
    writeFileSync(
      config,
      JSON.stringify({
        sources: [{ file: { path: join(folder, 'mesh.yaml') } }],
        kong: { config: join(folder, 'kong.yml') },
        gateway: { transparentProxy: true },
      }),
    );
  });

  afterAll(() => {
    kong.closeAllConnections();
    kong.close();
    rmSync(folder, { recursive: true });
  });

  async function run(...args: string[]) {
    const output = { out: '', err: '' };
    const code = await runCli([addCheck], ['check', '-c', config, '--proxy', proxy, ...args], {
      env: {},
      out: (text) => (output.out += text),
      err: (text) => (output.err += text),
      signal: new AbortController().signal,
      colour: false,
    });
    return { code, ...output };
  }

  it('sends one request to every linked route, and says where it ended', async () => {
    asked.length = 0;

    const { code, out } = await run('--json');

    expect(asked).toEqual(['GET /orders shop.example']);
    expect(JSON.parse(out)).toMatchObject([
      { route: 'orders', service: 'orders', status: 403, ending: 'not-permitted' },
    ]);
    expect(code).toBe(1);
  });

  it('takes paths, follows no redirect, and ends with 2 where nothing proves the way', async () => {
    asked.length = 0;

    const { code, out } = await run('/moved');

    expect(asked).toHaveLength(1);
    expect(out).toMatch(/\/moved\s+-\s+302\s+unknown/);
    expect(code).toBe(2);
  });

  it('says so where Kong is not there', async () => {
    const { code, out } = await run('orders', '--proxy', 'http://127.0.0.1:1');

    expect(out).toContain('no-answer');
    expect(code).toBe(1);
  });

  it.each([[['ordres']], [['orders', '-H', 'no header']], [['orders', '--proxy', 'x']]])(
    'refuses %j',
    async (args) => {
      const { code, err } = await run(...args);

      expect(code).toBe(1);
      expect(err).toMatch(/CHECK_(ROUTE|HEADER|PROXY)/);
    },
  );
});
