import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MeshdError } from '../../../catalog/error';
import { createKumaSource, type KumaSourceOptions } from '../../../daemon/sources/kuma/kuma-source';
import {
  answerJson,
  recordedBody,
  replay,
  startFakeKuma,
  type FakeKuma,
  type Handler,
} from '../../support/fake-kuma';

const never = new AbortController().signal;
let kuma: FakeKuma;

beforeEach(async () => {
  kuma = await startFakeKuma();
});

afterEach(() => kuma.close());

function source(change: Partial<KumaSourceOptions> = {}) {
  return createKumaSource({
    url: kuma.url,
    mesh: 'default',
    gateway: { dataplane: 'kong-01' },
    insecureSkipVerify: false,
    timeoutMs: 5000,
    ...change,
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'it resolved',
    (reason: unknown) => reason,
  );
  return error instanceof MeshdError ? error.code : String(error);
}

/** Names of services by kind, as an observation has them. */
function names(services: readonly { readonly kind: string; readonly name: string }[]): string[] {
  return services.map(({ kind, name }) => `${kind} ${name}`);
}

describe('a look at the mesh', () => {
  it('sees every kind of mesh service and the gateway', async () => {
    const observation = await source().observe(never);

    expect(names(observation.services)).toEqual([
      'ExternalService legacy-billing',
      'LegacyService backend',
      'LegacyService web',
      'MeshExternalService payments',
      'MeshMultiZoneService shop',
      'MeshService backend',
      'MeshService orders',
      'MeshService web',
    ]);
    expect(observation.gateways.map(({ name }) => name)).toEqual(['kong-01']);
    expect(observation.failures).toEqual([]);
  });

  it('finds every delegated gateway of a service, and no other', async () => {
    const kong = recordedBody('dataplane-kong');
    const tags = { 'kuma.io/service': 'kong-new' };
    const other = {
      ...kong,
      name: 'kong-02',
      networking: { ...kong.networking, gateway: { tags } },
    };
    kuma.lists.get('dataplanes')!.push({ ...kong, name: 'kong-03' }, other);

    const { gateways } = await source({ gateway: { service: 'kong' } }).observe(never);

    expect(gateways.map(({ name }) => name)).toEqual(['kong-01', 'kong-03']);
  });

  it('takes a gateway that is not there for not there', async () => {
    const { gateways } = await source({ gateway: { dataplane: 'kong-09' } }).observe(never);

    expect(gateways).toEqual([]);
  });

  it('sees resources only where services are exclusive', async () => {
    kuma.mesh = { ...kuma.mesh, meshServices: { mode: 'Exclusive' } };
    kuma.lists.set('service-insights', recordedBody('exclusive-service-insights').items);
    kuma.lists.set('external-services', []);

    const { services } = await source().observe(never);

    expect(new Set(services.map(({ kind }) => kind))).toEqual(
      new Set(['MeshService', 'MeshMultiZoneService', 'MeshExternalService']),
    );
  });

  it.each([
    ['2.6', ['meshservices', 'meshmultizoneservices', 'meshexternalservices'], 3],
    ['3.0', ['service-insights', 'external-services'], 5],
  ])('does without the kinds that version %s does not have', async (version, missing, count) => {
    kuma.index = { ...kuma.index, version };
    for (const kind of missing) kuma.lists.delete(kind);

    const { services } = await source().observe(never);

    expect(services).toHaveLength(count);
  });

  it('leaves out a resource that does not fit and reports it', async () => {
    const bad = {
      ...recordedBody('meshservices-online').items[0],
      name: 'bad',
      spec: { ports: 'x' },
    };
    kuma.lists.get('meshservices')!.push(bad);

    const { services, failures } = await source().observe(never);

    expect(names(services)).toContain('MeshService backend');
    expect(names(services)).not.toContain('MeshService bad');
    expect(failures).toMatchObject([{ code: 'MESH_RESOURCE_INVALID', entity: 'MeshService bad' }]);
  });

  it('keeps a service whose generated host name is malformed, and reports the name', async () => {
    const [item] = recordedBody('meshservices-online').items;
    const addresses = [{ hostname: 'app-2.svc..mesh.local' }, { hostname: 'app-2.svc.mesh.local' }];
    const status = { addresses, vips: [{ ip: '241.0.0.5' }] };
    kuma.lists.get('meshservices')!.push({ ...item, name: 'app-2', labels: {}, status });

    const { services, failures } = await source().observe(never);

    expect(services.find(({ name }) => name === 'app-2')).toMatchObject({
      hostnames: ['app-2.svc.mesh.local'],
      vips: ['241.0.0.5'],
    });
    expect(failures).toMatchObject([
      {
        code: 'MESH_HOSTNAME_INVALID',
        severity: 'warning',
        entity: 'MeshService app-2',
        message: expect.stringContaining('app-2.svc..mesh.local'),
      },
    ]);
  });

  it('keeps the last good form of a resource that does not fit any more, until it is gone', async () => {
    const list = kuma.lists.get('meshservices')!;
    const backend = list.find(({ name }) => name === 'backend')!;
    const kumaSource = source();
    const before = await kumaSource.observe(never);

    list.splice(list.indexOf(backend), 1, { ...backend, spec: { ports: 'x' } });
    const broken = await kumaSource.observe(never);
    list.splice(
      list.findIndex(({ name }) => name === 'backend'),
      1,
    );
    const gone = await kumaSource.observe(never);

    expect(broken.services).toEqual(before.services);
    expect(broken.failures).toMatchObject([
      { code: 'MESH_RESOURCE_KEPT', entity: 'MeshService backend' },
    ]);
    expect(names(gone.services)).not.toContain('MeshService backend');
    expect(gone.failures).toEqual([]);
  });

  it('keeps the last good form of a gateway that does not fit any more', async () => {
    const list = kuma.lists.get('dataplanes')!;
    const kumaSource = source();
    const before = await kumaSource.observe(never);

    const kong = list.find(({ name }) => name === 'kong-01')!;
    list.splice(list.indexOf(kong), 1, { ...kong, networking: { ...kong.networking, address: 1 } });
    const broken = await kumaSource.observe(never);

    expect(broken.gateways).toEqual(before.gateways);
    expect(broken.failures).toMatchObject([
      { code: 'MESH_RESOURCE_KEPT', entity: 'Dataplane kong-01' },
    ]);
  });

  it('tells which control plane answered', async () => {
    const kumaSource = source();

    await kumaSource.observe(never);

    expect(kumaSource.controlPlane()).toEqual({ product: 'Kuma', version: '2.14.3' });
  });
});

describe('an unchanged mesh', () => {
  it('gives the same observation object, and probes only once', async () => {
    const kumaSource = source();

    const first = await kumaSource.observe(never);
    const second = await kumaSource.observe(never);

    expect(second).toBe(first);
    expect(kuma.requests.filter(({ target }) => target === '/')).toHaveLength(1);
  });

  it('is one where only times moved', async () => {
    const kumaSource = source();
    const first = await kumaSource.observe(never);
    for (const list of kuma.lists.values()) {
      for (const item of list) item.modificationTime = '2026-12-24T00:00:00Z';
    }

    const second = await kumaSource.observe(never);

    expect(second).toBe(first);
  });

  it('is changed by what is mapped', async () => {
    const kumaSource = source();
    const first = await kumaSource.observe(never);
    kuma.lists.get('meshservices')![0]!.status.vips[0].ip = '241.0.0.9';

    const second = await kumaSource.observe(never);

    expect(second.revision).not.toBe(first.revision);
    expect(second.services.find(({ name }) => name === 'backend')).toBeDefined();
  });

  it('is changed in what changed alone: everything else stays the object that it was', async () => {
    const kumaSource = source();
    const first = await kumaSource.observe(never);
    kuma.lists.get('meshservices')![0]!.status.vips[0].ip = '241.0.0.9';

    const second = await kumaSource.observe(never);
    const anew = await source().observe(never);

    const before = new Set(first.services);
    expect(second.services.filter((service) => !before.has(service))).toHaveLength(1);
    expect(second.services).toEqual(anew.services);
    expect(second.revision).toBe(anew.revision);
  });

  it('is the same again after an outage, which it is probed after', async () => {
    const kumaSource = source();
    const first = await kumaSource.observe(never);
    kuma.answer('/meshservices', answerJson({}, 500));
    await codeOf(kumaSource.observe(never));
    kuma.answer('/meshservices', undefined);

    const second = await kumaSource.observe(never);

    expect(second).toBe(first);
    expect(kuma.requests.filter(({ target }) => target === '/')).toHaveLength(2);
  });
});

describe('pages', () => {
  function many(count: number) {
    const base = recordedBody('meshservices-online').items[0];
    return Array.from({ length: count }, (_, index) => ({
      ...base,
      name: `s${index}`,
      labels: {},
    }));
  }

  it('are walked to the end', async () => {
    kuma.pageSize = 3;
    kuma.lists.set('meshservices', many(10));

    const { services } = await source().observe(never);

    expect(services.filter(({ kind }) => kind === 'MeshService')).toHaveLength(10);
    expect(kuma.requests.some(({ target }) => target.includes('size=1000'))).toBe(true);
  });

  it('that are large and known are asked for once while they stay, and once more when they change', async () => {
    const items = many(400);
    kuma.lists.set('meshservices', items);
    const kumaSource = source();
    const asked = () =>
      kuma.requests.filter(({ target }) => target.includes('/meshservices?')).length;

    const first = await kumaSource.observe(never);
    const same = await kumaSource.observe(never);
    const unchanged = asked();
    items[7]!.status = { ...items[7]!.status, vips: [{ ip: '241.0.0.9' }] };
    const changed = await kumaSource.observe(never);
    const after = asked();
    const again = await kumaSource.observe(never);

    expect(JSON.stringify(items).length).toBeGreaterThan(128 * 1024);
    expect(same).toBe(first);
    expect([unchanged, after]).toEqual([2, 4]);
    expect(changed.services.find(({ name }) => name === 's7')?.vips).toEqual(['241.0.0.9']);
    expect(again).toBe(changed);
  });

  it('are asked for at the configured host, whatever host `next` names', async () => {
    let strangerCalls = 0;
    const stranger = createServer((_request, response) => {
      strangerCalls++;
      response.end();
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    const items = many(2);
    kuma.answer('/meshservices', (request, response, url) => {
      const offset = Number(url.searchParams.get('offset') ?? 0);
      const next = offset === 0 ? `http://127.0.0.1:${port}/evil?offset=1&size=1` : null;
      answerJson({ total: 2, items: [items[offset]], next })(request, response, url);
    });

    const { services } = await source().observe(never);
    await new Promise((resolve) => stranger.close(resolve));

    expect(services.filter(({ kind }) => kind === 'MeshService')).toHaveLength(2);
    expect(strangerCalls).toBe(0);
  });

  it('are walked again when the total moves during the walk', async () => {
    const items = many(4);
    kuma.pageSize = 2;
    kuma.lists.set('meshservices', items);
    let grown = false;
    kuma.answer('/meshservices', (request, response, url) => {
      const offset = Number(url.searchParams.get('offset') ?? 0);
      if (offset > 0 && !grown) {
        grown = true;
        kuma.lists.set('meshservices', many(5));
      }
      const list = kuma.lists.get('meshservices')!;
      const next = offset + 2 < list.length ? `${kuma.url}/?offset=${offset + 2}&size=2` : null;
      const page = { total: list.length, items: list.slice(offset, offset + 2), next };
      answerJson(page)(request, response, url);
    });

    const { services } = await source().observe(never);

    expect(services.filter(({ kind }) => kind === 'MeshService')).toHaveLength(5);
  });

  it.each<[string, (offset: number, calls: number) => object]>([
    [
      'the total always moves',
      (offset, calls) => ({ total: 100 + calls, items: many(1), next: `/?offset=${offset + 1}` }),
    ],
    ['entries are missing', () => ({ total: 9, items: many(3), next: null })],
    ['an entry comes twice', () => ({ total: 2, items: [many(1)[0], many(1)[0]], next: null })],
    ['next leads in a circle', () => ({ total: 9, items: many(1), next: '/?offset=0' })],
  ])('end in an error after a few walks when %s', async (_name, page) => {
    let calls = 0;
    kuma.answer('/meshservices', (request, response, url) => {
      calls++;
      const offset = Number(url.searchParams.get('offset') ?? 0);
      answerJson(page(offset, calls))(request, response, url);
    });

    const code = await codeOf(source().observe(never));

    expect(code).toBe('KUMA_UNSTABLE');
    expect(calls).toBeLessThan(20);
  });
});

describe('a failing request makes the whole look fail', () => {
  const text =
    (type: string, body: string, status = 200): Handler =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    };
  const cut: Handler = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"total":');
    setImmediate(() => response.destroy());
  };
  const redirect: Handler = (_request, response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' });
    response.end();
  };

  it.each<[string, string, Handler, string]>([
    ['a server error', '/service-insights', answerJson({ title: 'Oops' }, 500), 'KUMA_STATUS'],
    ['a bad gateway', '/external-services', text('text/html', '<h1>502</h1>', 502), 'KUMA_STATUS'],
    ['no valid credentials', '/meshservices', replay('auth-bad-token'), 'KUMA_UNAUTHORISED'],
    ['no access', '/kong-01', replay('auth-anon-secrets'), 'KUMA_FORBIDDEN'],
    ['a redirect', '/meshservices', redirect, 'KUMA_REDIRECT'],
    ['a login page', '/meshservices', text('text/html', '<html>'), 'KUMA_CONTENT_TYPE'],
    ['broken JSON', '/meshservices', text('application/json', '{"total": 1,'), 'KUMA_INVALID_JSON'],
    ['an answer cut short', '/meshservices', cut, 'KUMA_TRUNCATED'],
    ['another shape', '/meshservices', answerJson([]), 'KUMA_UNEXPECTED'],
    ['a 404 of somebody else', '/meshservices', text('text/html', 'Not Found', 404), 'KUMA_STATUS'],
    [
      'a plain 404 of somebody else',
      '/meshservices',
      text('text/plain', 'Not Found', 404),
      'KUMA_STATUS',
    ],
    ['a mesh that goes', '/meshservices', replay('mesh-404'), 'KUMA_MESH_MISSING'],
    ['gateways of an unknown kind', '/kong-01', replay('unknown-type'), 'KUMA_STATUS'],
    [
      'a Kong Admin API',
      '/',
      answerJson({ version: '3.9.1', tagline: 'Welcome to kong' }),
      'KUMA_NOT_A_CONTROL_PLANE',
    ],
    ['a web server', '/', text('text/html', 'Welcome'), 'KUMA_NOT_A_CONTROL_PLANE'],
  ])('%s', async (_name, path, handler, expected) => {
    kuma.answer(path, handler);

    const code = await codeOf(source().observe(never));

    expect(code).toBe(expected);
  });

  it('neither kind of service being known', async () => {
    kuma.lists.delete('meshservices');
    kuma.lists.delete('service-insights');

    const code = await codeOf(source().observe(never));

    expect(code).toBe('KUMA_UNEXPECTED');
  });

  it('a mesh that does not exist', async () => {
    const code = await codeOf(source({ mesh: 'nope' }).observe(never));

    expect(code).toBe('KUMA_MESH_MISSING');
  });

  it('nobody listening', async () => {
    const kumaSource = source();
    await kuma.close();

    const code = await codeOf(kumaSource.observe(never));

    expect(code).toBe('KUMA_UNREACHABLE');
  });

  it.each<[string, Handler]>([
    ['before', () => undefined],
    [
      'within',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{');
      },
    ],
  ])('a hang %s the answer', async (_name, handler) => {
    kuma.answer('/meshservices', handler);

    const code = await codeOf(source({ timeoutMs: 100 }).observe(never));

    expect(code).toBe('KUMA_TIMEOUT');
  });

  it('an answer beyond the bound', async () => {
    const code = await codeOf(source({ maxBytes: 1000 }).observe(never));

    expect(code).toBe('KUMA_TOO_LARGE');
  });

  it('plain HTTP where TLS is spoken', async () => {
    const code = await codeOf(source({ url: kuma.url.replace('http:', 'https:') }).observe(never));

    expect(code).toBe('KUMA_TLS');
  });

  it('an abort, with its reason', async () => {
    const controller = new AbortController();
    kuma.answer('/meshservices', () => controller.abort(new Error('shutting down')));

    const looked = source().observe(controller.signal);

    await expect(looked).rejects.toThrow('shutting down');
  });
});

describe('the connection', () => {
  const fixture = (name: string) => join(__dirname, '../../fixtures/tls', name);
  let secure: ReturnType<typeof createTlsServer>;
  let url: string;

  beforeEach(async () => {
    const key = readFileSync(fixture('loopback.key'));
    const cert = readFileSync(fixture('loopback.crt'));
    // A proxy with TLS before the control plane; it hides the Host header the client sent.
    secure = createTlsServer({ key, cert }, (incoming, outgoing) => {
      const { method, headers } = incoming;
      const options = { method: method!, headers: { ...headers, host: 'internal.example' } };
      const onward = httpRequest(
        kuma.url + incoming.url!.slice('/kuma'.length),
        options,
        (answer) => {
          outgoing.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.end();
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/kuma/`;
  });

  afterEach(() => {
    secure.closeAllConnections();
    return new Promise((resolve) => secure.close(resolve));
  });

  it.each([
    ['a CA file', { caFile: fixture('loopback.crt') }],
    ['no verification', { insecureSkipVerify: true }],
  ])('is secure with %s, and keeps to the path before the API', async (_name, settings) => {
    kuma.pageSize = 2;

    const { services } = await source({ url, ...settings }).observe(never);

    expect(services.filter(({ kind }) => kind === 'MeshService')).toHaveLength(3);
  });

  it('is refused where the CA is not known', async () => {
    const code = await codeOf(source({ url }).observe(never));

    expect(code).toBe('KUMA_TLS');
    expect(kuma.requests).toEqual([]);
  });

  it.each([1, 3])(
    'survives the end of %i idle connections just as they are used again',
    async (count) => {
      const kumaSource = source();
      await kumaSource.observe(never);
      let died = 0;
      kuma.answer('/meshservices', (request, response, at) => {
        if (died === count) answerJson(recordedBody('meshservices-online'))(request, response, at);
        else request.socket.destroy();
        died = Math.min(died + 1, count);
      });

      const { services } = await kumaSource.observe(never);

      expect(died).toBe(count);
      expect(services).toHaveLength(8);
    },
  );
});

describe('the token', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kuma-token-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is sent with every request and read anew when its file changes', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first-token\n');
    const kumaSource = source({ tokenFile });
    await kumaSource.observe(never);
    const seen = kuma.requests.length;
    await writeFile(tokenFile, 'second-token\n');

    await kumaSource.observe(never);

    const sent = kuma.requests.map(({ headers }) => headers.authorization);
    expect(new Set(sent.slice(0, seen))).toEqual(new Set(['Bearer first-token']));
    expect(new Set(sent.slice(seen))).toEqual(new Set(['Bearer second-token']));
  });

  it('never reaches a message', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'secret-token');
    kuma.answer('/meshservices', (_request, response) => response.destroy());

    const error = await source({ tokenFile, headers: { 'x-key': 'secret-key' } })
      .observe(never)
      .catch((reason: unknown) => reason as Error & { toFailure(): unknown });

    const shown = JSON.stringify([error, String((error as Error).cause), (error as Error).stack]);
    expect(error).toBeInstanceOf(MeshdError);
    expect(shown).not.toContain('secret');
  });

  it.each([
    ['is missing', undefined],
    ['is empty', '\n'],
    ['has two lines', 'a\nx-evil: 1'],
  ])('that %s is an error without its content', async (_name, content) => {
    const tokenFile = join(folder, 'token');
    if (content !== undefined) await writeFile(tokenFile, content);

    const looked = source({ tokenFile }).observe(never);

    await expect(looked).rejects.toMatchObject({
      code: 'KUMA_TOKEN_UNREADABLE',
      message: expect.not.stringContaining('evil'),
    });
  });

  it('of a CA file without certificate is an error', async () => {
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, 'nothing');

    const code = await codeOf(source({ caFile }).observe(never));

    expect(code).toBe('KUMA_CA_UNREADABLE');
  });
});

describe('a control plane that says when to come back', () => {
  it.each([
    ['in seconds', () => '1'],
    ['as a date', () => new Date(Date.now() + 2_000).toUTCString()],
  ])('is left alone until then, %s', async (_how, retryAfter) => {
    const looking = source();
    kuma.answer('/meshservices', (_request, response) => {
      response.writeHead(429, { 'retry-after': retryAfter() }).end('{}');
    });

    const first = await codeOf(looking.observe(never));
    kuma.answer('/meshservices', undefined);
    const asked = kuma.requests.length;
    const second = await codeOf(looking.observe(never));
    const askedAgain = kuma.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const third = await looking.observe(never);

    expect([first, second]).toEqual(['KUMA_BUSY', 'KUMA_BUSY']);
    expect(askedAgain).toBe(asked);
    expect(third.services.length).toBeGreaterThan(0);
  });

  it('is asked again at once where the time it gives is none', async () => {
    const looking = source();
    kuma.answer('/meshservices', (_request, response) => {
      response.writeHead(429, { 'retry-after': 'later' }).end('{}');
    });

    const first = await codeOf(looking.observe(never));
    kuma.answer('/meshservices', undefined);

    expect(first).toBe('KUMA_STATUS');
    expect((await looking.observe(never)).services.length).toBeGreaterThan(0);
  });
});
