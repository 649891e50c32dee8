/**
 * A client of the gateway tries everything it controls to choose where its request goes. Whatever it
 * sends, the configured service answers, or nobody does.
 */
import { connect } from 'node:net';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { pluginSocketServer } from './support/plugin-socket-server';
import { openShop, type Shop } from '../daemon/cli/support/shop';
import { startService, type Service } from '../../sandbox/services/service';
import { eventually } from '../../sandbox/eventually';
import { closeSnapshotWatches } from '../../plugin/mesh-upstream/snapshot-watch';
import type { PluginServer } from '../../plugin-server/server';

let shop: Shop;
let orders: Service;
let payments: Service;
let plugins: PluginServer;
/** Where the client would like to get, and nobody may. */
let forbidden: Server;
let forbiddenRequests = 0;
let forbiddenHost: string;

beforeAll(async () => {
  shop = await openShop();
  orders = await startService({ name: 'orders' });
  payments = await startService({ name: 'payments' });
  forbidden = createServer((_request, response) => {
    forbiddenRequests += 1;
    response.end('{"service":"forbidden"}');
  });
  await new Promise<void>((resolve) => forbidden.listen(0, '127.0.0.1', resolve));
  forbiddenHost = `127.0.0.1:${(forbidden.address() as AddressInfo).port}`;
  shop.addService('orders', orders.port);
  shop.addService('payments', payments.port);
  plugins = await pluginSocketServer(shop.world.socket, shop.world.snapshot);
  const synced = await shop.run('sync');
  if (synced.code !== 0) throw new Error(synced.err);
  await eventually('orders answers', async () =>
    (await send({})).includes('"service":"orders"') ? true : undefined,
  );
}, 60_000);

afterAll(async () => {
  await plugins.close(0);
  await closeSnapshotWatches();
  await shop.stop();
  await Promise.all([orders.stop(), payments.stop()]);
  forbidden.closeAllConnections();
  await new Promise((resolve) => forbidden.close(resolve));
});

interface Trick {
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Writes a request byte by byte as given: a library would correct it. */
function send({ method = 'GET', target = '/orders', host, headers = [], body = '' }: Trick) {
  const { hostname, port } = new URL(shop.world.gateway.proxyUrl);
  return new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    const lines = [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host ?? `${hostname}:${port}`}`,
      'Connection: close',
      ...headers,
    ];
    socket.setTimeout(3_000, () => socket.destroy());
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

const to = (text: string): string => text.replaceAll('EVIL', forbiddenHost);

const names = [
  'Host',
  'X-Forwarded-Host',
  'X-Forwarded-For',
  'X-Forwarded-Port',
  'X-Forwarded-Proto',
  'X-Forwarded-Prefix',
  'X-Forwarded-Path',
  'X-Forwarded-Server',
  'X-Original-Host',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Host',
  'X-HTTP-Host-Override',
  'X-Real-IP',
  'Forwarded',
  'Via',
  'l5d-dst-override',
  'x-envoy-original-dst-host',
  'x-envoy-decorator-operation',
  'x-kuma-tags',
  'X-Mesh-Upstream',
  'X-Mesh-Service',
  'X-Mesh-Address',
  'X-Kong-Upstream',
  'X-Kong-Target',
  'X-Kong-Request-Debug',
  'Kong-Admin-Token',
  'X-Upstream-Host',
  'X-Backend',
  'X-Service',
  'X-Target',
  'Destination',
  'Location',
  'Proxy',
  'Proxy-Host',
  'Referer',
  'Origin',
  ':authority',
];
const values = [
  'EVIL',
  'http://EVIL/',
  'payments',
  'payments.svc.mesh.local',
  'for=EVIL;host=EVIL',
];

const tricks: readonly (readonly [string, Trick])[] = [
  ['another Host', { host: 'EVIL' }],
  ['a Host of another service', { host: 'payments.mesh' }],
  ['a Host with user information', { host: 'orders@EVIL' }],
  ['an encoded Host', { host: '%45%56%49%4c' }],
  ['a Host with a blank', { host: 'orders EVIL' }],
  ['two Hosts', { headers: ['Host: EVIL'] }],
  ['an absolute address as the target', { target: 'http://EVIL/orders' }],
  ['an absolute address with user information', { target: 'http://orders@EVIL/orders' }],
  ['a target without a scheme', { target: '//EVIL/orders' }],
  ['a target with a backslash', { target: '/orders\\@EVIL' }],
  ['an encoded address in the path', { target: '/orders/%2f%2fEVIL' }],
  ['an encoded line end in the path', { target: '/orders%0d%0aHost:%20EVIL' }],
  ['dots that lead to another route', { target: '/orders/../orders/x' }],
  ['encoded dots', { target: '/orders/%2e%2e/orders' }],
  ['double slashes', { target: '/orders//EVIL//' }],
  ['parameters of a path', { target: '/orders;host=EVIL;service=payments' }],
  [
    'parameters of the plugin in the query',
    {
      target:
        '/orders?service=payments&address=EVIL&host=EVIL&fallback=payments&snapshot=/etc/passwd',
    },
  ],
  ['a fragment', { target: '/orders#@EVIL' }],
  ['another method by a header', { headers: ['X-HTTP-Method-Override: CONNECT'] }],
  ['CONNECT', { method: 'CONNECT', target: 'EVIL' }],
  ['CONNECT to the route', { method: 'CONNECT', target: '/orders' }],
  ['TRACE', { method: 'TRACE' }],
  ['a made-up method', { method: 'EVIL' }],
  ['OPTIONS of the whole server', { method: 'OPTIONS', target: '*' }],
  [
    'an upgrade to a WebSocket',
    {
      headers: [
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
      ],
    },
  ],
  ['an upgrade to HTTP/2', { headers: ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'] }],
  [
    'trailers',
    {
      method: 'POST',
      headers: ['Transfer-Encoding: chunked', 'Trailer: Host, X-Forwarded-Host'],
      body: '1\r\nx\r\n0\r\nHost: EVIL\r\nX-Forwarded-Host: EVIL\r\n\r\n',
    },
  ],
  [
    'a second request inside of the body',
    {
      method: 'POST',
      headers: ['Content-Length: 4', 'Transfer-Encoding: chunked'],
      body: '0\r\n\r\nGET http://EVIL/ HTTP/1.1\r\nHost: EVIL\r\n\r\n',
    },
  ],
  [
    'a second request behind the first',
    { headers: ['Content-Length: 0'], body: 'GET http://EVIL/ HTTP/1.1\r\nHost: EVIL\r\n\r\n' },
  ],
  [
    'a service named in a body',
    {
      method: 'POST',
      headers: ['Content-Type: application/json', 'Content-Length: 22'],
      body: '{"service":"payments"}',
    },
  ],
  ['a header with a line folded', { headers: ['X-A: b', ' Host: EVIL'] }],
  ['a header with a bare line feed', { headers: ['X-A: b\nHost: EVIL'] }],
  ...names.flatMap((name) =>
    values.map((value): [string, Trick] => [
      `${name}: ${value}`,
      { headers: [`${name}: ${value}`] },
    ]),
  ),
];

function expectOnlyOrders(answer: string, before: { payments: number }): void {
  expect(forbiddenRequests).toBe(0);
  expect(payments.requests).toBe(before.payments);
  // No answer, a refusal, or the configured service.
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  if (status >= 200 && status < 300) expect(answer).toContain('"service":"orders"');
  else expect(status === 0 || status >= 400).toBe(true);
}

it('is answered by the configured service without a trick', async () => {
  expect(await send({})).toMatch(/^HTTP\/1\.1 200 [^]*"service":"orders"/);
});

it.each(tricks)('gets no further with %s', async (_name, trick) => {
  const before = { payments: payments.requests };
  const { target, host, headers, body } = trick;

  const answer = await send({
    ...trick,
    ...(target === undefined ? {} : { target: to(target) }),
    ...(host === undefined ? {} : { host: to(host) }),
    ...(headers === undefined ? {} : { headers: headers.map(to) }),
    ...(body === undefined ? {} : { body: to(body) }),
  });

  expectOnlyOrders(answer, before);
});

it('sees its own Host only where the configuration says so', async () => {
  const answer = await send({ host: 'evil.example' });

  expect(answer).toContain('"service":"orders"');
  expect(answer).toContain('"host":"orders.svc.mesh.local');
});

it('is refused, and not sent past the mesh, where the service is gone', async () => {
  shop.removeService('orders');
  shop.world.controlPlane.delete('MeshService', 'orders');
  await shop.run('sync', '--confirm-deletes');
  const before = { payments: payments.requests };
  const count = orders.requests;

  const answers = await Promise.all(
    tricks
      .slice(0, 12)
      .map(([, trick]) =>
        send({ ...trick, ...(trick.host === undefined ? {} : { host: to(trick.host) }) }),
      ),
  );

  for (const answer of answers) expectOnlyOrders(answer, before);
  expect(orders.requests).toBe(count);
});
