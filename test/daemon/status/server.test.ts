import { connect } from 'node:net';

import { MeshdError } from '../../../catalog/error';
import { createStatusWorld, meshService } from '../../../bench/support/status-world';
import { systemClock } from '../../../daemon/reconcile/clock';
import { createStatus } from '../../../daemon/status/status';
import { startStatusServer } from '../../../daemon/status/server';
import { get } from './get';
import { serveStatus, type ServedStatus } from './served-status';

const linked = `_format_version: '3.0'
services:
  - { name: orders, host: x, tags: ['mesh:orders'], routes: [{ name: orders, paths: [/] }] }
`;

describe('the status server', () => {
  let served: ServedStatus;

  beforeEach(async () => {
    served = await serveStatus({ hosts: ['meshd.internal'] });
  });
  afterEach(() => served.stop());

  it.each([
    { path: '/livez', status: 200, type: 'text/plain' },
    { path: '/readyz', status: 503, type: 'text/plain' },
    { path: '/metrics', status: 200, type: 'text/plain' },
    { path: '/status.json', status: 200, type: 'application/json' },
    { path: '/', status: 200, type: 'text/html' },
    { path: '/codes', status: 200, type: 'text/html' },
    { path: '/assets/main.js', status: 200, type: 'text/javascript' },
    { path: '/assets/theme.css', status: 200, type: 'text/css' },
    { path: '/assets/tsconfig.json', status: 404, type: 'text/plain' },
    { path: '/?query=is-ignored', status: 200, type: 'text/html' },
    { path: '/nothing', status: 404, type: 'text/plain' },
    { path: '/constructor', status: 404, type: 'text/plain' },
    { path: '/../etc/passwd', status: 404, type: 'text/plain' },
  ])('answers $path with $status', async ({ path, status, type }) => {
    const answer = await get(`${served.url}${path}`);

    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain(type);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it.each(['/', '/livez', '/status.json', '/metrics', '/events'])(
    'answers HEAD of %s without a body',
    async (path) => {
      const answer = await get(`${served.url}${path}`, { method: 'HEAD' });

      expect(answer.status).toBe(200);
      expect(answer.body).toBe('');
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const answer = await get(`${served.url}/status.json`, { method });

    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  it.each([
    { host: 'attacker.example', status: 421 },
    { host: `attacker.example:9650`, status: 421 },
    { host: '192.168.7.7', status: 421 },
    { host: 'meshd.internal', status: 200 },
    { host: 'localhost:1234', status: 200 },
  ])('answers a request for $host with $status', async ({ host, status }) => {
    const answers = await Promise.all(
      ['/', '/status.json', '/metrics', '/readyz?', '/livez'].map((path) =>
        get(`${served.url}${path}`, { headers: { host } }),
      ),
    );

    const seen = answers.map((answer) => (answer.status === 503 ? 200 : answer.status));
    expect(new Set(seen)).toEqual(new Set([status]));
    if (status === 421) expect(answers[1]?.body).not.toContain('default');
  });

  it('becomes ready with the first pass that ends well, and says why not until then', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    const ready = () => get(`${served.url}/readyz`);
    const steps = [await ready()];

    world.breakSource(
      new MeshdError({ code: 'KUMA_DOWN', severity: 'error', message: 'It is down.', remedy: '-' }),
    );
    served.status.record(await world.pass());
    steps.push(await ready());
    world.breakSource();
    served.status.record(await world.pass());
    steps.push(await ready());

    expect(steps.map(({ status, body }) => [status, body])).toEqual([
      [503, 'not ready: the first pass has not ended yet\n'],
      [503, 'not ready: no pass has ended well yet. KUMA_DOWN: It is down.\n'],
      [200, 'ready\n'],
    ]);
  });

  it('allows just its own script and style', async () => {
    const { headers, body } = await get(`${served.url}/`);
    const policy = String(headers['content-security-policy']);

    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).toMatch(/style-src 'self'(;|$)/);
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(body).not.toMatch(/\s(on\w+|style)=/);
    const outside = [...body.matchAll(/https?:\/\/[^\s'"`)]+/g)].map(([url]) => url);
    expect(new Set(outside)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  });

  it('sends an event per pass to whoever listens', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    const response = await fetch(`${served.url}/events`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();

    const greeting = (await reader.read()).value!;
    served.status.record(await world.pass());
    const news = (await reader.read()).value!;
    await reader.cancel();

    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(greeting).toContain('retry: 2000');
    expect(dataOf(greeting)).toMatchObject({ revision: 0, lastPassAtMs: null });
    expect(dataOf(news)).toMatchObject({ revision: 1, lastPassAtMs: expect.any(Number) });
  });

  it('stops with open streams and stalled callers, and frees the port', async () => {
    const { port } = new URL(served.url);
    const stream = await fetch(`${served.url}/events`);
    const stalled = connect(Number(port), '127.0.0.1');
    await new Promise<void>((resolve) => stalled.once('connect', () => resolve()));
    stalled.on('error', () => undefined);
    stalled.write('GET / HTTP/1.1\r\nHost: local');

    await served.stop();

    await expect(stream.text()).resolves.toContain('event: pass');
    await expect(get(`${served.url}/livez`)).rejects.toThrow('ECONNREFUSED');
  });
});

it('opens no more event streams than it should, and takes new ones when old ones end', async () => {
  const server = await startStatusServer({
    listen: { host: '127.0.0.1', port: 0 },
    events: { streams: 2 },
    content: {
      notReady: () => undefined,
      ready: () => 'ready',
      status: () => Promise.resolve(Buffer.from('{}')),
      summary: () => ({}),
      metrics: () => Promise.reject(new Error('broken')),
    },
  });
  const first = new AbortController();

  await fetch(`${server.url}/events`, { signal: first.signal });
  await fetch(`${server.url}/events`);
  const refused = await get(`${server.url}/events`);
  first.abort();
  const statusOfThird = await untilStatus(`${server.url}/events`, 200);
  const broken = await get(`${server.url}/metrics`);
  await server.close();

  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toBe('10');
  expect(statusOfThird).toBe(200);
  expect(broken).toMatchObject({ status: 500, body: 'the answer could not be made\n' });
});

it('waits for a port that another program holds, says so once, and then serves', async () => {
  const holder = await serveStatus();
  const { port } = new URL(holder.url);
  const events: unknown[] = [];
  const ending = new AbortController();
  let served: (url: string) => void;
  const serving = new Promise<string>((resolve) => (served = resolve));
  const status = createStatus({
    identity: { version: '1', mesh: 'default', source: 'file' },
    listen: { host: '127.0.0.1', port: Number(port) },
    clock: systemClock,
    retryMs: 20,
    onServer: (event) => {
      events.push(event);
      if ('url' in event) served(event.url);
      // Twice refused is enough: the second time it must stay silent.
      else setTimeout(() => void holder.stop(), 100);
    },
  });

  const done = status.serve(ending.signal);
  const url = await serving;
  const answer = await get(`${url}/livez`);
  ending.abort();
  await done;

  expect(events).toMatchObject([
    { failure: { code: 'STATUS_ADDRESS_IN_USE', severity: 'warning' } },
    { url },
  ]);
  expect(answer.status).toBe(200);
});

it('serves nothing where it is turned off', async () => {
  const status = createStatus({
    identity: { version: '1', mesh: 'default', source: 'file' },
    listen: null,
    clock: systemClock,
    onServer: () => {
      throw new Error('must not be told');
    },
  });

  await expect(status.serve(new AbortController().signal)).resolves.toBeUndefined();
});

function dataOf(message: string): unknown {
  const line = message.split('\n').find((text) => text.startsWith('data: ')) ?? '';
  return JSON.parse(line.slice('data: '.length));
}

async function untilStatus(url: string, wanted: number): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch(url);
    if (response.status === wanted || attempt === 100) return response.status;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
