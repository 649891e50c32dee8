/** A page of another site in the user's browser, and whoever else reaches the status server's port. */
import { connect, type Socket } from 'node:net';

import { createStatusWorld, meshService } from '../../bench/support/status-world';
import { startStatusServer, type StatusServer } from '../../daemon/status/server';
import { get } from '../daemon/status/get';
import { serveStatus, type ServedStatus } from '../daemon/status/served-status';
import { until } from '../support/until';

const paths = ['/', '/status.json', '/metrics', '/events', '/readyz', '/livez'];
let served: ServedStatus;

beforeEach(async () => {
  served = await serveStatus();
  const world = createStatusWorld({ services: [meshService('canary-service')] });
  served.status.record(await world.pass());
});
afterEach(() => served.stop());

const port = () => Number(new URL(served.url).port);

/** The first bytes of the answer to exactly these bytes. */
function raw(text: string, waitMs = 2_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port(), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setTimeout(waitMs, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('a name that was rebound to this address', () => {
  it.each([
    'attacker.example',
    'attacker.example:9650',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    '127.0.0.1@attacker.example',
    'attacker.example#localhost',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    'localhost, attacker.example',
  ])('reads nothing as %s', async (host) => {
    for (const path of paths) {
      const { status, body } = await get(`${served.url}${path}`, { headers: { host } });

      expect([400, 421]).toContain(status);
      expect(body).not.toContain('canary-service');
    }
  });

  it.each([
    ['two hosts', 'GET /status.json HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n'],
    ['no host', 'GET /status.json HTTP/1.1\r\n'],
    ['no host in HTTP/1.0', 'GET /status.json HTTP/1.0\r\n'],
    [
      'a host in the target',
      'GET http://attacker.example/status.json HTTP/1.1\r\nHost: attacker.example\r\n',
    ],
    ['a folded host', 'GET /status.json HTTP/1.1\r\nHost: attacker.example\r\n localhost\r\n'],
  ])('reads nothing with %s', async (_what, head) => {
    const answer = await raw(`${head}Connection: close\r\n\r\n`);

    expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d)/);
    expect(answer).not.toContain('canary-service');
  });
});

describe('a page of another site that knows the address', () => {
  const foreign = { origin: 'https://attacker.example', 'sec-fetch-site': 'cross-site' };

  it.each(paths)('may not read %s', async (path) => {
    const { headers } = await get(`${served.url}${path}`, { method: 'HEAD', headers: foreign });

    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toMatch(
      /default-src 'none'.*frame-ancestors 'none'/,
    );
  });

  it('gets no leave to send what a simple request may not', async () => {
    const { status, headers } = await get(`${served.url}/status.json`, {
      method: 'OPTIONS',
      headers: { ...foreign, 'access-control-request-method': 'DELETE' },
    });

    expect(status).toBe(405);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'])(
  '%s changes nothing and is refused',
  async (method) => {
    for (const path of paths) {
      const { status, headers } = await get(`${served.url}${path}`, { method });

      expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
    }
  },
);

it.each([
  '/../../etc/passwd',
  '/%2e%2e/',
  '/status.json/',
  '//status.json',
  '/__proto__',
  '/constructor',
])('there is nothing at %s', async (path) => {
  expect(await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 404/,
  );
});

describe('who keeps it busy', () => {
  it('with heads that never end is cut off in seconds, and others are served meanwhile', async () => {
    const slow: Socket[] = [];
    let closed = 0;
    for (let index = 0; index < 20; index += 1) {
      const socket = connect(port(), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('close', () => (closed += 1));
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ');
      slow.push(socket);
    }
    const drip = setInterval(() => slow.forEach((socket) => socket.write('a')), 500);

    const { status } = await get(`${served.url}/livez`);
    await until(() => expect(closed).toBe(20), 12_000);
    clearInterval(drip);

    expect(status).toBe(200);
  });

  it('with a head that is too long, or too many headers, gets an error', async () => {
    const long = await raw(
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`,
    );
    const many = await raw(
      `GET /livez HTTP/1.1\r\n${'X-A: b\r\n'.repeat(100)}Host: localhost\r\nConnection: close\r\n\r\n`,
    );

    expect(long).toMatch(/^HTTP\/1\.1 431/);
    // Headers beyond the bound do not count, and so neither does the Host behind them.
    expect(many).toMatch(/^HTTP\/1\.1 4/);
  });

  it('with connections beyond the bound does not take more of them', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(port(), '127.0.0.1'));
    let closed = 0;
    sockets.forEach((socket) =>
      socket.on('error', () => undefined).on('close', () => (closed += 1)),
    );

    await until(() => expect(closed).toBeGreaterThanOrEqual(72), 5_000);

    sockets.forEach((socket) => socket.destroy());
  });

  it('with event streams that are never read costs no memory and no pass', async () => {
    let server: StatusServer | undefined;
    try {
      const summary = { text: 'x'.repeat(100_000) };
      server = await startStatusServer({
        listen: { host: '127.0.0.1', port: 0 },
        content: {
          notReady: () => undefined,
          ready: () => 'ready',
          status: () => Promise.resolve(Buffer.from('{}')),
          summary: () => summary,
          metrics: () => Promise.resolve({ body: Buffer.from(''), contentType: 'text/plain' }),
        },
      });
      const deaf = Array.from({ length: 32 }, () => {
        const socket = connect(Number(new URL(server!.url).port), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
        socket.pause();
        return socket;
      });
      await until(async () =>
        expect((await get(`${server!.url}/events`, { method: 'GET' })).status).toBe(503),
      );
      const before = process.memoryUsage().rss;
      for (let index = 0; index < 300; index += 1) {
        server.announce();
        if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }

      // Unbounded, these are 960 MB.
      expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
      expect((await get(`${server.url}/livez`)).status).toBe(200);
      deaf.forEach((socket) => socket.destroy());
    } finally {
      await server?.close();
    }
  });
});
