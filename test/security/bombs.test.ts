/**
 * Little that becomes much: aliases that expand, brackets without end, packed answers, and answers and
 * lists that never end. Each ends in an error of its own, in bounded time and memory.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { parseConfig } from '../../daemon/config/load';
import { parseKongConfig } from '../../daemon/kong/parse';
import { createApiClient } from '../../daemon/kubernetes-client/api-client';
import { fromKubeconfig } from '../../daemon/kubernetes-client/kubeconfig';
import { listResources } from '../../daemon/kubernetes-client/list-resources';
import { plainCluster } from '../../daemon/kubernetes-client/plain-cluster';
import { watchResources } from '../../daemon/kubernetes-client/watch-resources';
import { createFileSource } from '../../daemon/sources/file/file-source';
import { createKumaSource } from '../../daemon/sources/kuma/kuma-source';
import { editDataplaneFile } from '../../daemon/targets/dataplane/dataplane-file';
import { readList } from '../../daemon/targets/kong-admin/list-pages';
import { createKongClient } from '../../daemon/targets/kong-http/client';
import { room } from '../daemon/targets/dataplane/build';
import { startFakeKuma } from '../support/fake-kuma';
import { clients, codeOf } from './support/clients';

const never = new AbortController().signal;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombs-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Nine times nine to the ninth: 387 million values in ten lines. */
const aliases = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefghi'
    .split('')
    .map(
      (name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`,
    ),
].join('\n');
const cycle = 'a: &a { b: *a }';
const deep = `a: ${'['.repeat(20_000)}`;
const deepClosed = `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`;

const bombs: readonly (readonly [string, string])[] = [
  ['aliases that expand', aliases],
  ['an alias of itself', cycle],
  ['brackets without end', deep],
  ['deep brackets', deepClosed],
];

const file = async (text: string): Promise<string> => {
  await writeFile(join(folder, 'bomb.yaml'), text);
  return join(folder, 'bomb.yaml');
};

const readers: readonly (readonly [string, (text: string) => Promise<string>])[] = [
  [
    'kong-meshd.yaml',
    async (text) =>
      parseConfig(`sources: []\n${text}`, { env: {} }).failures[0]?.code ?? 'answered',
  ],
  [
    'a variable',
    async (text) =>
      parseConfig('sources: []', { env: { KONG_MESHD_KONG_CONFIG: text } }).failures[0]?.code ??
      'answered',
  ],
  [
    '--set',
    async (text) =>
      parseConfig('sources: []', { env: {}, settings: [`kong=${text}`] }).failures[0]?.code ??
      'answered',
  ],
  [
    'kong.yml',
    async (text) =>
      parseKongConfig([{ path: 'kong.yml', text: `_format_version: "3.0"\n${text}` }], { env: {} })
        .failures[0]?.code ?? 'answered',
  ],
  [
    'a file of mesh resources',
    async (text) =>
      codeOf(
        createFileSource({ paths: [await file(text)], mesh: 'default', gateway: {} }).observe(
          never,
        ),
      ),
  ],
  ['a kubeconfig', async (text) => codeOf(fromKubeconfig({ file: await file(text) }).connection())],
  [
    "the Dataplane's file",
    async (text) =>
      codeOf(
        editDataplaneFile(
          await file(`type: Dataplane\nmesh: default\nname: kong-01\n${text}`),
          { mesh: 'default', name: 'kong-01' },
          { add: [], remove: [] },
          room,
        ),
      ),
  ],
];

describe.each(readers)('%s', (what, read) => {
  it.each(bombs)('with %s is an error with a code', async (_bomb, text) => {
    const before = process.memoryUsage().heapUsed;

    const code = await read(text);

    // A resource of mesh that holds itself is one of no known type, and no more than that.
    expect(code).toMatch(
      what === 'a file of mesh resources' ? /^(answered|MESH_\w+)$/ : /^[A-Z][A-Z0-9_]+$/,
    );
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(400 * 1024 * 1024);
  });
});

interface Serving {
  readonly url: string;
  /** Bytes that were taken from it. */
  readonly sent: () => number;
  close(): Promise<void>;
}

async function serve(answer: RequestListener): Promise<Serving> {
  const server: Server = createServer(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends for as long as somebody reads. */
const endless =
  (status: number): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };

const megabyte = 1024 * 1024;

describe.each(clients)('an answer of $name', ({ ask, prefix }) => {
  it.each([200, 500])('with %i that has no end is cut off at the bound', async (status) => {
    const server = await serve(endless(status));

    const code = await codeOf(ask({ url: server.url, maxBytes: megabyte, timeoutMs: 10_000 }));
    await server.close();

    expect(code).toMatch(new RegExp(`^${prefix}(?!TIMEOUT)`));
    // What lies in the buffers of the system counts in.
    expect(server.sent()).toBeLessThan(20 * megabyte);
  });

  it('that comes a byte at a time is given up on', async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      timers.push(setInterval(() => response.write(' '), 20));
    });

    const code = await codeOf(ask({ url: server.url, timeoutMs: 200 }));
    timers.forEach((timer) => clearInterval(timer));
    await server.close();

    expect(code).toMatch(new RegExp(`^${prefix}(TIMEOUT|TRUNCATED)$`));
  });

  it.each<[string, RequestListener]>([
    ['that never begins', () => undefined],
    ['with heads that never end', (request) => void request.socket.write('HTTP/1.1 200 OK\r\nX: ')],
  ])('%s is given up on', async (_what, answer) => {
    const server = await serve(answer);

    const code = await codeOf(ask({ url: server.url, timeoutMs: 200 }));
    await server.close();

    expect(code).toBe(`${prefix}TIMEOUT`);
  });

  it('with a head of megabytes is refused', async () => {
    const server = await serve((request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(megabyte)}\r\n\r\n{}`);
    });

    const code = await codeOf(ask({ url: server.url }));
    await server.close();

    expect(code).toMatch(new RegExp(`^${prefix}`));
  });

  it('that is packed is not unpacked', async () => {
    const packed = gzipSync(Buffer.from(`{"x":"${'a'.repeat(50 * megabyte)}"}`));
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(packed);
    });
    const before = process.memoryUsage().rss;

    const answer = await ask({ url: server.url, maxBytes: megabyte }).catch(
      (error: unknown) => (error as { code?: string }).code,
    );
    await server.close();

    // Kong's client leaves what is no JSON to its caller, as text.
    expect(JSON.stringify(answer ?? '').length).toBeLessThan(packed.length * 8);
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * megabyte);
  });

  it('nested without end is an error, not the end of the process', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('['.repeat(5 * megabyte));
    });

    const answer = await ask({ url: server.url }).catch(
      (error: unknown) => (error as { code?: string }).code,
    );
    await server.close();

    expect(typeof answer).toBe('string');
  });
});

describe('a list that has no end', () => {
  it('of Kong is an error', async () => {
    let page = 0;
    const server = await serve((_request, response) => {
      page += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: [], next: `/services?offset=${page}` }));
    });
    const client = createKongClient({ url: server.url, retries: 0 });

    const code = await codeOf(readList(client, '/services', never));
    client.close();
    await server.close();

    expect(code).toBe('KONG_REPLY_INVALID');
    expect(page).toBe(1000);
  });

  it.each([
    ['a new page each time', () => String(Math.random())],
    ['the same page again', () => 'again'],
  ])('of a Kubernetes API with %s is an error', async (_what, next) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const metadata = { resourceVersion: '1', continue: next() };
      response.end(JSON.stringify({ metadata, items: [] }));
    });
    const cluster = plainCluster({ url: server.url });
    const client = createApiClient({ cluster, timeoutMs: 5_000 });
    const resource = { group: '', version: 'v1', plural: 'services' };

    const code = await codeOf(listResources(client, { resource }, (item) => item, never));
    client.close();
    await server.close();

    expect(code).toBe('K8S_UNEXPECTED');
  });

  it('of Kuma is an error', async () => {
    const kuma = await startFakeKuma();
    let page = 0;
    kuma.answer('/dataplanes', (_request, response) => {
      page += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ total: 1e9, items: [], next: `x?offset=${page}` }));
    });
    const source = createKumaSource({
      url: kuma.url,
      insecureSkipVerify: false,
      timeoutMs: 5_000,
      mesh: 'default',
      gateway: {},
    });

    const code = await codeOf(source.observe(never));
    await kuma.close();

    expect(code).toBe('KUMA_UNEXPECTED');
    expect(page).toBeLessThan(2_000);
  });

  it('an event of a watch that has no end is cut off', async () => {
    const server = await serve(endless(200));
    const cluster = plainCluster({ url: server.url });
    const client = createApiClient({ cluster, timeoutMs: 5_000 });
    const resource = { group: '', version: 'v1', plural: 'services' };
    const events = { changed: () => undefined, deleted: () => undefined, reached: () => undefined };
    const options = { version: '1', idleMs: 5_000, timeoutSeconds: 60 };

    const code = await codeOf(watchResources(client, { resource }, options, events, never));
    client.close();
    await server.close();

    expect(code).toBe('K8S_TRUNCATED');
    expect(server.sent()).toBeLessThan(40 * megabyte);
  });
});
