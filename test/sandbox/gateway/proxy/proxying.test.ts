import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Gateway, startGateway } from '../../../../sandbox/gateway/gateway';
import { type DeclarativeFeed, declarativeFeed } from './support/declarative-feed';
import { type EchoUpstream, startEchoUpstream } from './support/echo-upstream';
import { startRefusingListener } from './support/refusing-listener';
import { send } from './support/send-request';

const requestId = expect.stringMatching(/^[0-9a-f]{32}$/);

describe('the proxy', () => {
  let upstream: EchoUpstream;
  let feed: DeclarativeFeed;
  let gateway: Gateway;

  beforeAll(async () => {
    upstream = await startEchoUpstream('a');
    feed = declarativeFeed({});
    gateway = await startGateway({ feed, resolve: { 'orders.test': '127.0.0.1' } });
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  function push(service: object, route: object = {}, rest: object = {}): void {
    const routes = [{ name: 'r', paths: ['/s'], ...route }];
    feed.push({
      services: [{ name: 'orders', host: '127.0.0.1', port: upstream.port, ...service, routes }],
      ...rest,
    });
  }

  it("answers 404 without a route, in Kong's words", async () => {
    push({});

    const response = await send(gateway.proxyUrl, { path: '/other' });

    expect(response.status).toBe(404);
    expect(response.body).toEqual({
      message: 'no Route matched with those values',
      request_id: requestId,
    });
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      server: 'kong/3.9.1',
      'x-kong-request-id': requestId,
    });
  });

  it('passes method, path, query, body and headers on, and tells of the client', async () => {
    push({ path: '/base' });

    const response = await send(gateway.proxyUrl, {
      method: 'POST',
      path: '/s/x?a=1',
      headers: { host: 'shop.example.com', 'x-forwarded-for': '10.9.9.9', te: 'trailers' },
      body: 'hello',
    });

    expect(response.status).toBe(200);
    expect(response.headers['via']).toBe('1.1 kong/3.9.1');
    expect(upstream.seen.at(-1)).toMatchObject({
      method: 'POST',
      path: '/base/x?a=1',
      body: 'hello',
    });
    expect(upstream.seen.at(-1)!.headers).toMatchObject({
      host: `127.0.0.1:${upstream.port}`,
      'x-forwarded-for': '10.9.9.9, 127.0.0.1',
      'x-forwarded-host': 'shop.example.com',
      'x-forwarded-path': '/s/x',
      'x-forwarded-prefix': '/s',
      'x-real-ip': '127.0.0.1',
    });
    expect(upstream.seen.at(-1)!.headers['te']).toBeUndefined();
  });

  it.each<[name: string, service: object, route: object, host: () => string]>([
    ['a name from the table', { host: 'orders.test' }, {}, () => `orders.test:${upstream.port}`],
    [
      "the client's own on a preserve_host route",
      {},
      { preserve_host: true },
      () => 'shop.example.com',
    ],
  ])('sends as Host %s', async (_name, service, route, host) => {
    push(service, route);

    const response = await send(gateway.proxyUrl, {
      path: '/s',
      headers: { host: 'shop.example.com' },
    });

    expect(response.body.host).toBe(host());
  });

  it('reuses its connection to an upstream', async () => {
    const ports = new Set<number | undefined>();
    const server = createServer((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    await listen(server);
    push({ port: portOf(server) });

    for (let count = 0; count < 5; count++) await send(gateway.proxyUrl, { path: '/s' });

    expect(ports.size).toBe(1);
    await close(server);
  });

  it.each([
    ['refuses', 0, 502, 'An invalid response was received from the upstream server'],
    ['never answers', 1, 504, 'The upstream server is timing out'],
  ])('answers for an upstream that %s', async (_name, silent, status, message) => {
    const server = createServer(() => undefined);
    await listen(server);
    const port = portOf(server);
    if (!silent) await close(server);
    push({ port, retries: 0, read_timeout: 80 });

    const response = await send(gateway.proxyUrl, { path: '/s', headers: { accept: '*/*' } });

    expect(response.status).toBe(status);
    expect(response.body).toEqual({ message, request_id: requestId });
    if (silent) await close(server);
  });

  it.each([
    ['repeats a GET', 'GET', 6],
    ['does not repeat a POST', 'POST', 1],
  ])('%s that the upstream may have seen', async (_name, method, connects) => {
    const refusing = await startRefusingListener('request');
    push({ port: refusing.port, retries: 5 });

    const body = method === 'POST' ? { body: 'x' } : {};
    const response = await send(gateway.proxyUrl, { method, path: '/s', ...body });

    expect([response.status, refusing.connects()]).toEqual([502, connects]);
    await refusing.stop();
  });

  it('hides a dead target of an upstream by trying the next', async () => {
    const dead = await startRefusingListener();
    const targets = [
      { target: `127.0.0.1:${dead.port}` },
      { target: `127.0.0.1:${upstream.port}` },
    ];
    push({ host: 'up1' }, {}, { upstreams: [{ name: 'up1', targets }] });

    const statuses = [];
    for (let count = 0; count < 4; count++)
      statuses.push((await send(gateway.proxyUrl, { path: '/s' })).status);

    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(dead.connects()).toBeGreaterThan(0);
    await dead.stop();
  });

  it('streams: the first part of an answer comes before the last is written', async () => {
    let finish: (() => void) | undefined;
    const server = createServer((_request, response: ServerResponse) => {
      response.write('first');
      finish = () => response.end(' last');
    });
    await listen(server);
    push({ port: portOf(server) });

    const parts: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const outgoing = httpRequest(
        `${gateway.proxyUrl}/s`,
        { agent: false },
        (response: IncomingMessage) => {
          response.on('data', (chunk: Buffer) => {
            parts.push(chunk.toString());
            finish?.();
          });
          response.on('end', resolve);
        },
      );
      outgoing.on('error', reject);
      outgoing.end();
    });

    expect(parts).toEqual(['first', ' last']);
    await close(server);
  });

  it('lets requests in flight end when their route and service are removed', async () => {
    const { server, arrived } = await startHeldUpstream();
    push({ port: portOf(server) });
    const pending = send(gateway.proxyUrl, { path: '/s' });
    const held = await arrived;

    feed.push({});
    const gone = await send(gateway.proxyUrl, { path: '/s' });
    held.end('done');

    expect(gone.status).toBe(404);
    expect((await pending).text).toBe('done');
    await close(server);
  });

  it('leaves the upstream when the client leaves', async () => {
    const { server, arrived } = await startHeldUpstream();
    push({ port: portOf(server) });
    const outgoing = httpRequest(`${gateway.proxyUrl}/s`, { agent: false });
    outgoing.on('error', () => undefined);
    outgoing.end();
    const held = await arrived;
    const left = new Promise((resolve) => held.once('close', resolve));

    outgoing.destroy();

    await left;
    expect(held.writableFinished).toBe(false);
    await close(server);
  });

  it('passes a large body through', async () => {
    push({});

    const body = 'x'.repeat(1_000_000);
    const response = await send(gateway.proxyUrl, { method: 'PUT', path: '/s', body });

    expect(response.status).toBe(200);
    expect(upstream.seen.at(-1)!.body).toHaveLength(1_000_000);
  });

  it.each([
    ['426', {}, 426, 'Please use HTTPS protocol'],
    ['a redirect', { https_redirect_status_code: 302 }, 302, undefined],
  ])('demands HTTPS with %s on a route of https alone', async (_name, route, status, message) => {
    push({}, { protocols: ['https'], ...route });

    const response = await send(gateway.proxyUrl, { path: '/s', headers: { host: 'h.test' } });

    expect(response.status).toBe(status);
    if (message) expect(response.body.message).toBe(message);
    else expect(response.headers['location']).toBe('https://h.test/s');
  });
});

describe('bundled plugins', () => {
  let upstream: EchoUpstream;
  let feed: DeclarativeFeed;
  let gateway: Gateway;

  beforeAll(async () => {
    upstream = await startEchoUpstream('a');
    feed = declarativeFeed({});
    gateway = await startGateway({ feed });
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  function push(plugins: object[], rest: object = {}): void {
    const routes = [{ name: 'r', paths: ['/s'], plugins }];
    feed.push({
      services: [{ name: 'orders', host: '127.0.0.1', port: upstream.port, routes }],
      ...rest,
    });
  }

  it.each([
    ['no key', {}, 401, 'No API key found in request'],
    ['a wrong key', { apikey: 'nope' }, 401, 'Unauthorized'],
  ])('key-auth refuses %s', async (_name, headers, status, message) => {
    push([{ name: 'key-auth', config: { key_names: ['apikey'] } }]);

    const response = await send(gateway.proxyUrl, { path: '/s', headers });

    expect([response.status, response.body.message]).toEqual([status, message]);
    expect(response.headers['www-authenticate']).toBe('Key');
  });

  it('key-auth tells the upstream who the consumer is', async () => {
    const consumers = [{ username: 'ann', keyauth_credentials: [{ key: 'secret-1' }] }];
    push([{ name: 'key-auth', config: { key_names: ['apikey'], hide_credentials: true } }], {
      consumers,
    });

    const response = await send(gateway.proxyUrl, { path: '/s', headers: { apikey: 'secret-1' } });

    expect(response.status).toBe(200);
    expect(upstream.seen.at(-1)!.headers).toMatchObject({ 'x-consumer-username': 'ann' });
    expect(upstream.seen.at(-1)!.headers['apikey']).toBeUndefined();
  });

  it('request-termination answers itself', async () => {
    push([{ name: 'request-termination', config: { status_code: 418, message: 'closed' } }]);

    const response = await send(gateway.proxyUrl, { path: '/s' });

    expect([response.status, response.body]).toEqual([418, { message: 'closed' }]);
  });

  it('rate-limiting stops at its limit', async () => {
    push([{ name: 'rate-limiting', config: { hour: 2, policy: 'local' } }]);

    const responses = [];
    for (let count = 0; count < 3; count++)
      responses.push(await send(gateway.proxyUrl, { path: '/s' }));

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(responses[0]!.headers['x-ratelimit-remaining-hour']).toBe('1');
    expect(responses[2]!.body).toEqual({
      message: 'API rate limit exceeded',
      request_id: requestId,
    });
  });

  it('others do nothing', async () => {
    push([
      { name: 'cors', config: {} },
      { name: 'prometheus', config: {} },
    ]);

    expect((await send(gateway.proxyUrl, { path: '/s' })).status).toBe(200);
  });
});

/** An upstream that hands each response over unanswered. */
async function startHeldUpstream(): Promise<{ server: Server; arrived: Promise<ServerResponse> }> {
  let hand: ((response: ServerResponse) => void) | undefined;
  const arrived = new Promise<ServerResponse>((resolve) => (hand = resolve));
  const server = createServer((_request, response) => hand?.(response));
  await listen(server);
  return { server, arrived };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
