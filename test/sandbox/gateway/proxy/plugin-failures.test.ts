import { type Gateway, startGateway } from '../../../../sandbox/gateway/gateway';
import { type DeclarativeFeed, declarativeFeed } from './support/declarative-feed';
import { type EchoUpstream, startEchoUpstream } from './support/echo-upstream';
import { send } from './support/send-request';
import { scriptedInfo, StockPluginServer } from './support/stock-plugin-server';

/** What Kong does when a plugin breaks, row by row, with the stock plugin server on the other side. */
describe('a plugin that breaks', () => {
  const server = new StockPluginServer();
  let original: EchoUpstream;
  let target: EchoUpstream;
  let feed: DeclarativeFeed;
  let gateway: Gateway;

  beforeAll(async () => {
    [original, target] = await Promise.all([
      startEchoUpstream('original'),
      startEchoUpstream('target'),
      server.start(),
    ]);
  });

  beforeEach(async () => {
    feed = declarativeFeed({});
    gateway = await startGateway({
      feed,
      pluginServer: { socketPath: server.socketPath, info: scriptedInfo },
      readTimeoutMs: 400,
    });
  });

  afterEach(() => gateway.stop());

  afterAll(async () => {
    await Promise.all([original.stop(), target.stop(), server.stop()]);
  });

  function push(config: object): void {
    feed.push({
      services: [
        {
          name: 'orders',
          host: '127.0.0.1',
          port: original.port,
          routes: [{ name: 'r', paths: ['/s'], plugins: [{ name: 'scripted', config }] }],
        },
      ],
    });
  }

  const retarget = () => ({
    steps: [{ call: 'service.setTarget', args: ['127.0.0.1', target.port] }],
  });
  const request = () => send(gateway.proxyUrl, { path: '/s' });

  it.each([
    ['handler throws: original target', () => ({ steps: [{ fail: 'broken' }] }), 200, 'original'],
    [
      'handler never resolves: original target',
      () => ({ steps: [{ hang: true }] }),
      200,
      'original',
    ],
    [
      'handler throws after setTarget: the effect stays',
      () => ({ steps: [...retarget().steps, { fail: 'late' }] }),
      200,
      'target',
    ],
    ['constructor throws: 500', () => ({ refuse: 'bad config' }), 500, undefined],
    [
      'bad PDK argument: 500',
      () => ({ steps: [{ call: 'service.setTarget', args: [5, 80] }] }),
      500,
      undefined,
    ],
    [
      'bad PDK argument, port as text: 500',
      () => ({ steps: [{ call: 'service.setTarget', args: ['127.0.0.1', '80'] }] }),
      500,
      undefined,
    ],
  ])('%s', async (_name, config, status, who) => {
    push(config());

    const first = await request();
    const second = await request();

    expect([first.status, second.status]).toEqual([status, status]);
    expect([first.body.who, second.body.who]).toEqual([who, who]);
  });

  it.each([
    ['handler throws', { steps: [{ fail: 'broken' }] }],
    ['handler never resolves', { steps: [{ hang: true }] }],
  ])('closes on a service host that does not resolve: %s', async (_name, config) => {
    feed.push({
      services: [
        {
          name: 'orders',
          host: 'orders.mesh.invalid',
          routes: [{ name: 'r', paths: ['/s'], plugins: [{ name: 'scripted', config }] }],
        },
      ],
    });

    const response = await request();

    expect(response.status).toBe(503);
    expect(response.body).toEqual({
      message: 'name resolution failed',
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  describe('and a server that dies', () => {
    afterEach(() => server.start());

    it('opens while the worker has an instance', async () => {
      push(retarget());
      const before = await request();
      await server.kill();

      const during = await request();

      expect([before.body.who, during.status, during.body.who]).toEqual([
        'target',
        200,
        'original',
      ]);
      expect(gateway.logEntries).toContainEqual({
        level: 'error',
        text: '[kong] mp_rpc.lua:318 [scripted] connection refused',
      });
    });

    it('answers 500 without an instance, and after a config push', async () => {
      push(retarget());
      await request();
      await server.kill();
      push(retarget());

      const response = await request();

      expect(response.status).toBe(500);
      expect(response.body.message).toBe('An unexpected error occurred');
    });

    it('opens or closes by the worker that happens to serve: each has its own instances', async () => {
      const two = await startGateway({
        feed,
        workers: 2,
        pluginServer: { socketPath: server.socketPath, info: scriptedInfo },
      });
      push(retarget());
      await send(two.proxyUrl, { path: '/s' });
      await server.kill();

      const other = await send(two.proxyUrl, { path: '/s' });
      const same = await send(two.proxyUrl, { path: '/s' });

      expect([other.status, same.status, same.body.who]).toEqual([500, 200, 'original']);
      await two.stop();
    });

    it('starts a new instance and repeats the event once it is back', async () => {
      push(retarget());
      await request();
      await server.kill();
      await request();
      await server.start();

      const response = await request();

      expect([response.status, response.body.who]).toEqual([200, 'target']);
      expect(gateway.logEntries).toContainEqual({
        level: 'warn',
        text: '[kong] mp_rpc.lua:314 [scripted] no plugin instance #0',
      });
      await server.kill();
    });
  });
});
