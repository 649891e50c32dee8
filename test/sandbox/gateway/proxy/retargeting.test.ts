import { type Gateway, startGateway } from '../../../../sandbox/gateway/gateway';
import { type DeclarativeFeed, declarativeFeed } from './support/declarative-feed';
import { type EchoUpstream, startEchoUpstream } from './support/echo-upstream';
import { startRefusingListener } from './support/refusing-listener';
import { type ClientResponse, send } from './support/send-request';
import { scriptedInfo, StockPluginServer } from './support/stock-plugin-server';

interface Ports {
  readonly service: number;
  readonly target: number;
}

interface Row {
  readonly name: string;
  readonly service?: object;
  readonly route?: object;
  readonly steps: (ports: Ports) => object[];
  readonly status?: number;
  /** What the upstream echoes, or the body of an error. */
  readonly sees: (ports: Ports) => object | string;
}

const byName = { host: 'localhost' };
const byAddress = { host: '127.0.0.1' };
const setTarget = (host: string, port: number) => ({
  call: 'service.setTarget',
  args: [host, port],
});
const setHost = (host: string) => ({ call: 'service.request.setHeader', args: ['Host', host] });
const setUpstream = (name: string) => ({ call: 'service.setUpstream', args: [name] });
const nginxPage = expect.stringMatching(
  /^An unexpected error occurred\nrequest_id: [0-9a-f]{32}\n$/,
);

/** Kong's retargeting, row by row as observed, the plugin run by the stock server. */
const rows: readonly Row[] = [
  {
    name: 'service host name, target IP',
    service: byName,
    steps: ({ target }) => [setTarget('127.0.0.1', target)],
    sees: () => ({ who: 'target', path: '/s/x', host: '127.0.0.1' }),
  },
  {
    name: 'service host name, target name',
    service: byName,
    steps: ({ target }) => [setTarget('localhost', target)],
    sees: () => ({ who: 'target', path: '/s/x', host: 'localhost' }),
  },
  {
    name: 'service host a name that does not resolve, target IP',
    service: { host: 'orders.mesh.invalid' },
    steps: ({ target }) => [setTarget('127.0.0.1', target)],
    sees: () => ({ who: 'target', path: '/s/x', host: '127.0.0.1' }),
  },
  {
    name: 'service host IP, target IP',
    service: byAddress,
    steps: ({ target }) => [setTarget('127.0.0.1', target)],
    sees: () => ({ who: 'target', path: '/s/x', host: '127.0.0.1' }),
  },
  {
    name: 'service host IP, target name',
    service: byAddress,
    steps: ({ target }) => [setTarget('localhost', target)],
    status: 500,
    sees: () => nginxPage,
  },
  {
    name: 'service host IP, target name, balancer_data.type rewritten',
    service: byAddress,
    steps: ({ target }) => [
      setTarget('localhost', target),
      { call: 'nginx.getCtx', args: ['balancer_data'] },
      { assign: { type: 'name' } },
      { call: 'nginx.setCtx', args: ['balancer_data', '$last'] },
    ],
    sees: () => ({ who: 'target', path: '/s/x', host: 'localhost' }),
  },
  {
    name: 'target is the name of an upstream, its port ignored',
    service: byName,
    steps: () => [setTarget('up1', 1)],
    sees: () => ({ who: 'target', path: '/s/x', host: 'up1' }),
  },
  {
    name: 'setUpstream, service host name',
    service: byName,
    steps: () => [setUpstream('up1')],
    sees: ({ target }) => ({ who: 'target', path: '/s/x', host: `127.0.0.1:${target}` }),
  },
  {
    name: 'setUpstream, service host IP',
    service: byAddress,
    steps: () => [setUpstream('up1')],
    status: 500,
    sees: () => nginxPage,
  },
  {
    name: 'setUpstream unknown',
    service: byName,
    steps: () => [setUpstream('nope'), { report: 'x-result' }],
    sees: ({ service }) => ({
      who: 'original',
      path: '/s/x',
      host: `localhost:${service}`,
      result: 'undefined',
    }),
  },
  {
    name: 'Host set after setTarget',
    service: byName,
    steps: ({ target }) => [setTarget('127.0.0.1', target), setHost('orders.mesh')],
    sees: () => ({ who: 'target', path: '/s/x', host: 'orders.mesh' }),
  },
  {
    name: 'Host set before setTarget',
    service: byName,
    steps: ({ target }) => [setHost('orders.mesh'), setTarget('127.0.0.1', target)],
    sees: () => ({ who: 'target', path: '/s/x', host: '127.0.0.1' }),
  },
  {
    name: 'preserve_host route, nothing set',
    route: { preserve_host: true },
    steps: () => [],
    sees: () => ({ who: 'original', path: '/s/x', host: 'client.example.com' }),
  },
  {
    name: 'preserve_host route',
    route: { preserve_host: true },
    steps: ({ target }) => [setTarget('127.0.0.1', target)],
    sees: () => ({ who: 'target', path: '/s/x', host: '127.0.0.1' }),
  },
  {
    name: 'unresolvable name',
    service: byName,
    steps: ({ target }) => [setTarget('orders.mesh.invalid', target)],
    status: 503,
    sees: () => ({ message: 'name resolution failed', request_id: expect.any(String) }),
  },
  {
    name: 'service path',
    service: { path: '/base' },
    route: { strip_path: true },
    steps: ({ target }) => [setTarget('127.0.0.1', target)],
    sees: () => ({ who: 'target', path: '/base/x', host: '127.0.0.1' }),
  },
  {
    name: 'https service, setScheme(http), setTarget',
    service: { protocol: 'https' },
    steps: ({ target }) => [
      { call: 'service.request.setScheme', args: ['http'] },
      setTarget('127.0.0.1', target),
    ],
    sees: () => ({ who: 'target', path: '/s/x', host: '127.0.0.1' }),
  },
];

describe('retargeting', () => {
  const server = new StockPluginServer();
  let original: EchoUpstream;
  let target: EchoUpstream;
  let feed: DeclarativeFeed;
  let gateway: Gateway;

  beforeAll(async () => {
    const echoResult = (request: { headers: Record<string, unknown> }) =>
      request.headers['x-result'] === undefined ? {} : { result: request.headers['x-result'] };
    [original, target] = await Promise.all([
      startEchoUpstream('original', echoResult),
      startEchoUpstream('target'),
      server.start(),
    ]);
    feed = declarativeFeed({});
    gateway = await startGateway({
      feed,
      pluginServer: { socketPath: server.socketPath, info: scriptedInfo },
    });
  });

  afterAll(async () => {
    await gateway.stop();
    await Promise.all([original.stop(), target.stop(), server.stop()]);
  });

  function request(): Promise<ClientResponse> {
    return send(gateway.proxyUrl, { path: '/s/x', headers: { host: 'client.example.com' } });
  }

  function pluginWith(steps: object[]): object {
    return { name: 'scripted', config: { steps } };
  }

  it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const ports = { service: original.port, target: target.port };
    const plugins = [pluginWith(row.steps(ports))];
    const route = { name: 'r', paths: ['/s'], strip_path: false, ...row.route, plugins };
    feed.push({
      services: [
        { name: 'orders', ...byAddress, port: ports.service, ...row.service, routes: [route] },
      ],
      upstreams: [{ name: 'up1', targets: [{ target: `127.0.0.1:${ports.target}` }] }],
    });

    const response = await request();

    expect(response.status).toBe(row.status ?? 200);
    expect(response.body).toEqual(row.sees(ports));
  });

  it('answers 503 on a route without service, whatever the plugin does', async () => {
    const plugins = [pluginWith([setTarget('127.0.0.1', target.port)])];
    feed.push({ routes: [{ name: 'r', paths: ['/s'], plugins }] });

    const response = await request();

    expect(response.status).toBe(503);
    expect(response.body.message).toBe('no Service found with those values');
  });

  it.each([
    ['default retries', [], 6],
    ['setRetries(0)', [{ call: 'service.setRetries', args: [0] }], 1],
  ])('target refuses, %s', async (_name, more, connects) => {
    const refusing = await startRefusingListener();
    const plugins = [pluginWith([setTarget('127.0.0.1', refusing.port), ...more])];
    const route = { name: 'r', paths: ['/s'], plugins };
    feed.push({
      services: [{ name: 'orders', ...byAddress, port: original.port, routes: [route] }],
    });

    const response = await request();

    expect(response.status).toBe(502);
    expect(response.text).toMatch(/^An invalid response was received from the upstream server\n/);
    expect(refusing.connects()).toBe(connects);
    await refusing.stop();
  });
});
