/**
 * A server that we ask, or the environment, tries to send us elsewhere: by redirects, by the links to
 * further pages, by proxies. No request may reach a host that the configuration does not name.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createApiClient } from '../../daemon/kubernetes-client/api-client';
import { listResources } from '../../daemon/kubernetes-client/list-resources';
import { plainCluster } from '../../daemon/kubernetes-client/plain-cluster';
import { createKumaSource } from '../../daemon/sources/kuma/kuma-source';
import { createKongClient } from '../../daemon/targets/kong-http/client';
import { readList } from '../../daemon/targets/kong-admin/list-pages';
import { startNode } from '../../sandbox/child';
import { openShop, type Shop } from '../daemon/cli/support/shop';
import { cli, root } from '../e2e/programs';
import { recordedBody, startFakeKuma } from '../support/fake-kuma';
import { clients, codeOf } from './support/clients';

const never = new AbortController().signal;
const token = 'canary-token-31337';

let folder: string;
let tokenFile: string;
/** Where no request may go. */
let elsewhere: Listening;

interface Listening {
  readonly url: string;
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

async function listen(answer: RequestListener): Promise<Listening> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  // What a client asks of a proxy: a tunnel.
  server.on('connect', (request, socket) => {
    requests.push(request);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hosts-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, token);
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  elsewhere = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"data":[],"items":[],"total":0,"metadata":{"resourceVersion":"1"}}');
  });
});
afterEach(() => elsewhere.close());

describe.each(clients)('a redirect of $name', ({ ask, prefix }) => {
  it.each([301, 302, 303, 307, 308])('by %i is not followed', async (status) => {
    const server = await listen((_request, response) => {
      response.writeHead(status, { location: `${elsewhere.url}/stolen` }).end();
    });

    const code = await codeOf(ask({ url: server.url, tokenFile }, '/things'));
    await server.close();

    expect(code).toMatch(new RegExp(`^${prefix}`));
    expect(elsewhere.requests).toHaveLength(0);
    expect(server.requests).toHaveLength(1);
  });
});

/** Links to a further page as a server of bad will, or behind a proxy, would give them. */
const links = (host: string): readonly (readonly [string, string])[] => {
  const bare = host.replace('http://', '');
  return [
    ['another host', `${host}/meshes/default/dataplanes?offset=1&size=1`],
    ['another scheme', `https://${bare}/x?offset=1`],
    ['no scheme', `//${bare}/x?offset=1`],
    ['user information', `http://127.0.0.1@${bare}/x?offset=1`],
    ['a backslash', `http:\\\\${bare}\\x?offset=1`],
    ['a line break', `?offset=1\r\nHost: ${bare}\r\n\r\n`],
    ['a host in the query', `?offset=1&host=${host}@${bare}`],
    ['a file', 'file:///etc/passwd?offset=1'],
  ];
};
const kinds = links('http://x').map(([kind]) => kind);
const linkOf = (kind: string): string =>
  links(elsewhere.url).find(([name]) => name === kind)?.[1] ?? '';

describe.each(kinds)('a link to the next page with %s', (kind) => {
  it('is only followed at Kuma itself', async () => {
    const kuma = await startFakeKuma();
    const dataplanes = recordedBody('dataplanes').items;
    kuma.answer('/dataplanes', (_request, response, url) => {
      const first = url.searchParams.get('offset') === null;
      response.writeHead(200, { 'content-type': 'application/json' });
      const next = first ? linkOf(kind) : null;
      response.end(
        JSON.stringify({ total: dataplanes.length, items: first ? dataplanes : [], next }),
      );
    });
    const source = createKumaSource({
      url: kuma.url,
      tokenFile,
      insecureSkipVerify: false,
      timeoutMs: 5_000,
      mesh: 'default',
      gateway: {},
    });

    await codeOf(source.observe(never));
    await kuma.close();

    expect(elsewhere.requests).toHaveLength(0);
    const hosts = new Set(kuma.requests.map(({ headers }) => headers.host));
    expect([...hosts]).toEqual([new URL(kuma.url).host]);
    // Whatever the link says, the path asked for is that of the list.
    const pages = kuma.requests.filter(({ target }) => target.includes('offset='));
    for (const { target } of pages) expect(target).toMatch(/^\/meshes\/default\/dataplanes\?/);
  });

  it('is only followed at Kong itself', async () => {
    const kong = await listen((request, response) => {
      const first = !request.url?.includes('offset=');
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: [], next: first ? linkOf(kind) : null }));
    });
    const client = createKongClient({ url: kong.url, tokenFile, retries: 0 });

    await codeOf(readList(client, '/services', never));
    client.close();
    await kong.close();

    expect(elsewhere.requests).toHaveLength(0);
    for (const { url, headers } of kong.requests) {
      expect(url).toMatch(/^\/services\?/);
      expect(headers.host).toBe(new URL(kong.url).host);
    }
  });

  it('is only followed at the Kubernetes API itself', async () => {
    const api = await listen((request, response) => {
      const first = !request.url?.includes('continue=');
      response.writeHead(200, { 'content-type': 'application/json' });
      const metadata = { resourceVersion: '1', ...(first ? { continue: linkOf(kind) } : {}) };
      response.end(JSON.stringify({ metadata, items: [] }));
    });
    const cluster = plainCluster({ url: api.url, tokenFile });
    const client = createApiClient({ cluster, timeoutMs: 5_000 });
    const resource = { group: '', version: 'v1', plural: 'services' };

    const code = await codeOf(listResources(client, { resource }, (item) => item, never));
    client.close();
    await api.close();

    expect(code).toBe('answered');
    expect(elsewhere.requests).toHaveLength(0);
    expect(api.requests).toHaveLength(2);
    for (const { url } of api.requests) expect(url).toMatch(/^\/api\/v1\/services\?/);
  });
});

describe('proxies of the environment', () => {
  let shop: Shop;
  afterEach(() => shop.stop());

  // In a process of its own: the libraries read these variables from the real environment.
  it('take no request away, and hear nothing', async () => {
    shop = await openShop();
    const names = ['http_proxy', 'https_proxy', 'all_proxy', 'npm_config_proxy'];
    const env = Object.fromEntries(
      names.flatMap((name) => [
        [name, elsewhere.url],
        [name.toUpperCase(), elsewhere.url],
      ]),
    );
    // Newer versions of Node send their own requests by a proxy where this is set.
    const child = startNode([cli, 'sync', '--config', shop.configFile], {
      cwd: root,
      env: { ...env, NODE_USE_ENV_PROXY: '1' },
    });

    const code = await child.exited;

    expect({ code, stderr: child.stderr }).toMatchObject({ code: 0 });
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('of a kubeconfig are refused rather than passed over', async () => {
    shop = await openShop();
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(
      kubeconfig,
      JSON.stringify({
        'current-context': 'c',
        clusters: [
          { name: 'c', cluster: { server: 'http://127.0.0.1:1', 'proxy-url': elsewhere.url } },
        ],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    const sources = JSON.stringify([{ kubernetes: { kubeconfig } }]);

    const { code, err } = await shop.run('catalog', '--set', `sources=${sources}`);

    expect(code).toBe(1);
    expect(err).toContain('proxy-url is not supported');
    expect(elsewhere.requests).toHaveLength(0);
  });
});

describe('the address itself', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.stop());

  it.each([
    ['a file', 'file:///etc/passwd'],
    ['FTP', 'ftp://127.0.0.1'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:application/json,{}'],
  ])('is http or https, not %s', async (_what, url) => {
    const kuma = await shop.run('catalog', '--kuma-url', url);
    const kong = await shop.run('diff', '--kong-url', url);

    expect([kuma.code, kong.code]).toEqual([1, 1]);
    expect(kuma.err).toMatch(/CONFIG_INVALID/);
    expect(kong.err).toMatch(/CONFIG_INVALID/);
  });
});
