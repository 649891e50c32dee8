/** Who the daemon is to a cluster: service accounts, kubeconfigs, and the optional library. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { createApiClient } from '../../../daemon/kubernetes-client/api-client';
import type { LibraryConfig } from '../../../daemon/kubernetes-client/client-library';
import type { Cluster } from '../../../daemon/kubernetes-client/cluster';
import { createCluster } from '../../../daemon/kubernetes-client/create-cluster';
import { inCluster } from '../../../daemon/kubernetes-client/in-cluster';
import { fromKubeconfig } from '../../../daemon/kubernetes-client/kubeconfig';
import type { User } from '../../../sandbox/kubernetes/access';
import { startKubernetesApi, type KubernetesApi } from '../../../sandbox/kubernetes/api-server';

const tlsFolder = join(__dirname, '..', '..', 'fixtures', 'tls');
const never = new AbortController().signal;
const daemon: User = { name: 'daemon', rules: 'admin' };

let folder: string;
let cert: string;
let api: KubernetesApi;

beforeAll(async () => {
  cert = await readFile(join(tlsFolder, 'loopback.crt'), 'utf8');
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-'));
  const key = await readFile(join(tlsFolder, 'loopback.key'), 'utf8');
  const tokens = new Map([
    ['first', daemon],
    ['second', daemon],
  ]);
  api = await startKubernetesApi({ tokens, tls: { key, cert } });
});

afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

async function ask(cluster: Cluster): Promise<unknown> {
  const client = createApiClient({ cluster, timeoutMs: 2000 });
  try {
    return await client.send({ verb: 'get', path: '/apis/kuma.io/v1alpha1' }, never);
  } finally {
    client.close();
  }
}

const known = { groupVersion: 'kuma.io/v1alpha1' };

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function kubeconfig(
  user: object,
  change: object = {},
  cluster: object = {},
): Promise<string> {
  return write(
    'config',
    stringify({
      'current-context': 'lab',
      clusters: [
        {
          name: 'lab',
          cluster: {
            server: api.url,
            'certificate-authority-data': Buffer.from(cert).toString('base64'),
            ...cluster,
          },
        },
      ],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me', namespace: 'edge' } }],
      ...change,
    }),
  );
}

describe('in a cluster', () => {
  function inPod(): Cluster {
    const { hostname, port } = new URL(api.url);
    return inCluster({ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }, folder);
  }

  it('reads token, CA and namespace of the service account', async () => {
    await write('token', 'first\n');
    await write('ca.crt', cert);
    await write('namespace', 'kong');

    await expect(ask(inPod())).resolves.toMatchObject(known);
    await expect(inPod().namespace()).resolves.toBe('kong');
  });

  it('takes a rotated token with the next request', async () => {
    await write('token', 'old');
    await write('ca.crt', cert);
    const cluster = inPod();
    await expect(ask(cluster)).rejects.toMatchObject({ code: 'K8S_UNAUTHORISED' });

    await write('token', 'second');

    await expect(ask(cluster)).resolves.toMatchObject(known);
  });

  it.each([
    ['no token file', undefined, 'ENOENT'],
    ['an empty one', ' \n', 'it is empty'],
    ['two lines', 'first\nsecret-line', 'more than one token'],
  ])('says what is wrong with %s', async (_name, token, cause) => {
    await write('ca.crt', cert);
    if (token !== undefined) await write('token', token);

    const error = await ask(inPod()).catch((caught: unknown) => caught as Error);

    expect(error).toMatchObject({
      code: 'K8S_FILE_UNREADABLE',
      message: expect.stringContaining(cause),
    });
    expect((error as Error).message).not.toContain('secret');
  });

  it('says so where there is no cluster', async () => {
    await expect(ask(createCluster({}, {}))).rejects.toMatchObject({ code: 'K8S_NOT_IN_CLUSTER' });
  });
});

describe('by url', () => {
  it('uses token and CA files', async () => {
    const tokenFile = await write('t', 'first');
    const caFile = await write('ca', cert);

    await expect(ask(createCluster({ url: api.url, tokenFile, caFile }))).resolves.toMatchObject(
      known,
    );
  });

  it('trusts no certificate that it does not know', async () => {
    const tokenFile = await write('t', 'first');

    const asked = ask(createCluster({ url: api.url, tokenFile }));

    await expect(asked).rejects.toMatchObject({ code: 'K8S_TLS' });
    expect(api.requests).toEqual([]);
  });
});

describe('by kubeconfig', () => {
  it.each<[string, () => Promise<object>]>([
    ['a token', async () => ({ token: 'first' })],
    ['a token file beside it', async () => ({ tokenFile: (await write('t', 'first'), 't') })],
    [
      'a token file before a token',
      async () => ({ tokenFile: await write('t', 'first'), token: 'wrong' }),
    ],
    [
      'client certificates by path and by content',
      async () => ({
        token: 'first',
        'client-certificate': join(tlsFolder, 'loopback.crt'),
        'client-key-data': await readFile(join(tlsFolder, 'loopback.key'), 'base64'),
      }),
    ],
  ])('connects with %s', async (_name, user) => {
    const file = await kubeconfig(await user());

    await expect(ask(fromKubeconfig({ file }))).resolves.toMatchObject(known);
  });

  it('sends a user name and a password as they are sent', async () => {
    const file = await kubeconfig({ username: 'me', password: 'pass' });

    const { headers } = await fromKubeconfig({ file }).connection();

    expect(headers).toEqual({
      authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
    });
  });

  it('takes the context that is named, and its namespace', async () => {
    const contexts = [
      { name: 'other', context: { cluster: 'none' } },
      { name: 'mine', context: { cluster: 'lab', user: 'me', namespace: 'mine' } },
    ];
    const file = await kubeconfig({ token: 'first' }, { 'current-context': 'other', contexts });
    const cluster = fromKubeconfig({ file, context: 'mine' });

    await expect(ask(cluster)).resolves.toMatchObject(known);
    await expect(cluster.namespace()).resolves.toBe('mine');
  });

  it('skips verification only where the file says so', async () => {
    const file = await kubeconfig(
      { token: 'first' },
      {},
      { 'certificate-authority-data': null, 'insecure-skip-tls-verify': true },
    );

    await expect(ask(fromKubeconfig({ file }))).resolves.toMatchObject(known);
  });

  it.each<[string, object, object, string]>([
    ['no current context', {}, { 'current-context': null }, 'it has no current-context'],
    ['an unknown context', {}, { 'current-context': 'x' }, 'no context "x" (it has lab)'],
    ['an unknown cluster', {}, { clusters: [] }, 'no cluster "lab"'],
    ['an unknown user', {}, { users: [] }, 'no user "me"'],
    ['a server that is no URL', { server: 'nowhere' }, {}, 'clusters.0.cluster.server'],
    ['a proxy', { 'proxy-url': 'http://proxy' }, {}, 'proxy-url is not supported'],
  ])('says what is wrong: %s', async (_name, cluster, change, cause) => {
    const file = await kubeconfig({ token: 'first' }, change, cluster);

    await expect(ask(fromKubeconfig({ file }))).rejects.toMatchObject({
      code: 'K8S_KUBECONFIG',
      message: expect.stringContaining(cause),
      place: { file },
    });
  });

  it.each([
    ['is not there', undefined, 'ENOENT'],
    ['is no YAML', 'token: "secret\n: [', 'it is not valid YAML'],
    ['is something else', '[1, 2]', 'document'],
  ])('says so where the file %s', async (_name, text, cause) => {
    const file = text === undefined ? join(folder, 'none') : await write('config', text);

    const error = await ask(fromKubeconfig({ file })).catch((caught: unknown) => caught as Error);

    expect(error).toMatchObject({
      code: 'K8S_KUBECONFIG',
      message: expect.stringContaining(cause),
    });
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});

describe('with a command for credentials', () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'get-token' };

  it('asks the library, and keeps what it loaded for as long as the file stays', async () => {
    const loaded: string[] = [];
    class KubeConfig implements LibraryConfig {
      #context = '';
      loadFromFile(file: string) {
        loaded.push(file);
      }
      setCurrentContext(name: string) {
        this.#context = name;
      }
      getCurrentCluster() {
        return this.#context === 'lab' ? { server: api.url } : null;
      }
      async applyToHTTPSOptions(options: { headers?: Record<string, unknown>; ca?: unknown }) {
        options.headers = { ...options.headers, Authorization: 'Bearer second' };
        options.ca = Buffer.from(cert);
      }
    }
    const file = await kubeconfig({ exec });
    const cluster = fromKubeconfig({ file, load: async () => ({ KubeConfig }) });

    await expect(ask(cluster)).resolves.toMatchObject(known);
    await expect(ask(cluster)).resolves.toMatchObject(known);

    expect(loaded).toEqual([file]);
  });

  it.each([
    ['a command', { exec }, 'a command (exec)'],
    ['a provider', { 'auth-provider': { name: 'oidc' } }, 'an auth provider'],
  ])('says what to install for %s where the library is missing', async (_name, user, method) => {
    const file = await kubeconfig(user);
    const load = async () => {
      throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' });
    };

    await expect(ask(fromKubeconfig({ file, load }))).rejects.toMatchObject({
      code: 'K8S_CLIENT_MISSING',
      message: expect.stringContaining(method),
      remedy: expect.stringContaining('npm install @kubernetes/client-node@1.4'),
    });
  });

  it('does not show what a failing command printed', async () => {
    class KubeConfig implements LibraryConfig {
      loadFromFile() {}
      setCurrentContext() {}
      getCurrentCluster() {
        return { server: api.url };
      }
      async applyToHTTPSOptions(): Promise<void> {
        throw new Error('printed secret-token');
      }
    }
    const file = await kubeconfig({ exec });
    const cluster = fromKubeconfig({ file, load: async () => ({ KubeConfig }) });

    const error = await ask(cluster).catch((caught: unknown) => caught as Error);

    expect(error).toMatchObject({ code: 'K8S_KUBECONFIG' });
    expect(JSON.stringify(error)).not.toContain('secret-token');
  });
});
