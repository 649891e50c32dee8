/** Who stands between us and a server has no certificate that we accept, and gets no token. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MeshdError } from '../../catalog/error';
import { parseConfig } from '../../daemon/config/load';
import { fromKubeconfig } from '../../daemon/kubernetes-client/kubeconfig';
import { createApiClient } from '../../daemon/kubernetes-client/api-client';
import { startNode } from '../../sandbox/child';
import { root } from '../e2e/programs';
import { clients, codeOf } from './support/clients';

const token = 'canary-token-31337';
const caFile = join(root, 'test', 'fixtures', 'tls', 'loopback.crt');
const never = new AbortController().signal;

let folder: string;
let tokenFile: string;
let server: Server;
/** What came through the encryption, in clear text. */
let heard: string;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${token}\n`);
  const [cert, key] = await Promise.all([
    readFile(caFile),
    readFile(caFile.replace('.crt', '.key')),
  ]);
  server = createServer({ cert, key }, (socket: TLSSocket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard += String(data);
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n';
      socket.end(`${head}connection: close\r\n\r\n{}`);
    });
  });
  server.on('tlsClientError', () => undefined);
  // On every loopback address: the certificate is for 127.0.0.1 alone.
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  port = (server.address() as AddressInfo).port;
});
beforeEach(() => {
  heard = '';
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

describe.each(clients)('$name', ({ ask, prefix }) => {
  it('refuses a certificate that nobody vouches for, says what to do, and tells it nothing', async () => {
    const error = await ask({ url: `https://127.0.0.1:${port}`, tokenFile }).catch(
      (reason: unknown) => reason,
    );

    expect(error).toBeInstanceOf(MeshdError);
    expect(error).toMatchObject({ code: `${prefix}TLS` });
    expect((error as MeshdError).remedy).toMatch(/CA/);
    expect(heard).toBe('');
  });

  it('refuses a certificate for another host, and tells it nothing', async () => {
    const code = await codeOf(ask({ url: `https://127.0.0.2:${port}`, tokenFile, caFile }));

    expect(code).toBe(`${prefix}TLS`);
    expect(heard).toBe('');
  });

  it('takes the certificate of the CA that it was given', async () => {
    const code = await codeOf(ask({ url: `https://127.0.0.1:${port}`, tokenFile, caFile }));

    expect(code).toBe('answered');
    expect(heard).toContain(token);
  });

  it('does not speak in clear text to a port with TLS, nor TLS to one without', async () => {
    const code = await codeOf(ask({ url: `http://127.0.0.1:${port}`, caFile }));

    expect(code).not.toBe('answered');
    expect(heard).toBe('');
  });
});

it('a kubeconfig is verified, too, and its token is not sent before', async () => {
  const file = join(folder, 'kubeconfig');
  const cluster = { server: `https://127.0.0.1:${port}` };
  await writeFile(
    file,
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  const client = createApiClient({ cluster: fromKubeconfig({ file }), timeoutMs: 5_000 });

  const code = await codeOf(client.send({ verb: 'get', path: '/' }, never));
  client.close();

  expect(code).toBe('K8S_TLS');
  expect(heard).toBe('');
});

// In processes of their own: Node reads this variable from the real environment.
it('NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment turns nothing off', async () => {
  const script = `
    const at = (path) => require(${JSON.stringify(join(root, 'dist'))} + path);
    const { createConnection } = at('/daemon/sources/kuma/connection.js');
    const { createKongClient } = at('/daemon/targets/kong-http/client.js');
    const { createApiClient } = at('/daemon/kubernetes-client/api-client.js');
    const { plainCluster } = at('/daemon/kubernetes-client/plain-cluster.js');
    const url = 'https://127.0.0.1:${port}';
    const signal = new AbortController().signal;
    const kong = createKongClient({ url, retries: 0 });
    const k8s = createApiClient({ cluster: plainCluster({ url }), timeoutMs: 5000 });
    Promise.allSettled([
      createConnection({ url, timeoutMs: 5000, insecureSkipVerify: false }).get('/', signal),
      kong.request({ method: 'GET', path: '/' }, signal),
      k8s.send({ verb: 'get', path: '/' }, signal),
    ]).then((ends) => {
      console.log(ends.map((end) => (end.reason ? end.reason.code : 'answered')).join(' '));
    });`;
  const child = startNode(['-e', script], { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });

  await child.exited;

  expect(child.stdout.trim()).toBe('KUMA_TLS KONG_TLS K8S_TLS');
  expect(heard).toBe('');
});

describe('a secret in clear text to another machine', () => {
  const findings = (settings: object) => {
    const base = { sources: [{ file: { path: 'mesh' } }] };
    const read = parseConfig(JSON.stringify({ ...base, ...settings }), { file: 'f.yaml', env: {} });
    expect(read.ok).toBe(true);
    return read.failures.map(({ code, place }) => [code, place?.file]);
  };
  const found = [['CONFIG_SECRET_IN_CLEAR', 'f.yaml']];
  const kuma = (url: string, more: object = { tokenFile: '/t' }) => ({
    sources: [{ kuma: { url, ...more } }],
  });
  const kong = (more: object) => ({
    kong: { config: 'kong.yml', target: { admin: { url: 'http://kong.internal:8001', ...more } } },
  });

  it.each<[string, object]>([
    ["Kuma's token", kuma('http://cp.internal:5681')],
    [
      'a header for a proxy before Kuma',
      kuma('http://10.0.0.1', { headers: { 'X-Api-Key': 'k' } }),
    ],
    ["Kong's token", kong({ tokenFile: '/t' })],
    ['a header for Kong', kong({ headers: { Authorization: 'Basic eDp5' } })],
    ['a password in the URL', kong({ url: 'http://user:word@kong.internal:8001' })],
    [
      "Kubernetes' token",
      { sources: [{ kubernetes: { url: 'http://api.internal', tokenFile: '/t' } }] },
    ],
    // A name that merely begins like this machine's.
    ['a look-alike of loopback', kuma('http://127.0.0.1.evil.example:5681')],
  ])('is a finding: %s', (_what, settings) => {
    expect(findings(settings)).toEqual(found);
  });

  it.each<[string, object]>([
    ['https', kuma('https://cp.internal:5682')],
    ['loopback by name', kuma('http://localhost:5681')],
    ['loopback by address', kuma('http://127.0.0.9:5681')],
    ['loopback in IPv6', kuma('http://[::1]:5681')],
    ['nothing secret', kuma('http://cp.internal:5681', { headers: { 'X-Team': 'shop' } })],
  ])('is none: %s', (_what, settings) => {
    expect(findings(settings)).toEqual([]);
  });
});
