/** What can be said of docker-compose.yml without Docker; deploy/compose-smoke.sh says the rest. */
import { verify } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { loadConfig } from '../../daemon/config/load';
import { startNode, type Child } from '../../sandbox/child';
import { startControlPlane, type ControlPlane } from '../../sandbox/control-plane/control-plane';
import { until } from '../support/until';

const root = join(__dirname, '..', '..');
const file = (...path: readonly string[]): string => join(root, ...path);
const read = (...path: readonly string[]): string => readFileSync(file(...path), 'utf8');
const script = (name: string): string => file('deploy', 'compose', name);
const compose = parse(read('docker-compose.yml'), { merge: true });
const services = Object.entries<any>(compose.services);
const sidecars = services.filter(([name]) => name.endsWith('-sidecar'));

it.each(services)('%s: its image is a variable with a version', (_name, { image }) => {
  expect(image).toMatch(/^\$\{[A-Z_]+_IMAGE:-[a-z/-]+:[a-z0-9.]+\}$/);
});

it.each(services)('%s: has no privilege', (_name, service) => {
  expect(service).not.toHaveProperty('privileged');
  expect(service).not.toHaveProperty('cap_add');
  expect(service).not.toHaveProperty('pid');
  expect(service['network_mode']).not.toBe('host');
  expect(JSON.stringify(service.volumes ?? [])).not.toContain('docker.sock');
});

it.each(services)('%s: publishes on loopback only', (_name, { ports = [] }) => {
  const published = ports as readonly string[];

  expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

it.each(services)('%s: what it mounts from here exists', (_name, { volumes = [] }) => {
  const mounts = (volumes as readonly string[]).filter((volume) => volume.startsWith('./'));

  const missing = mounts.filter((mount) => !existsSync(file(mount.split(':')[0] ?? '')));

  expect(missing).toEqual([]);
});

it.each(services)('%s: waits only for what can become true', (_name, { depends_on = {} }) => {
  for (const [dependency, { condition }] of Object.entries<any>(depends_on)) {
    const { healthcheck, image } = compose.services[dependency];
    const hasHealth = healthcheck?.test !== undefined || image.includes('MESHD_IMAGE');
    expect([dependency, condition === 'service_healthy' ? hasHealth : true]).toEqual([
      dependency,
      true,
    ]);
  }
});

it.each(services)('%s: shares no network namespace', (_name, service) => {
  // One that is restarted alone would leave the others behind, and all of them after the engine's restart.
  expect([undefined, 'none']).toContain(service.network_mode);
});

it.each(sidecars)(
  '%s: alone with what it stands beside on a network without a way out',
  (name, service) => {
    const beside = name.replace(/-sidecar$/, '');
    const own = Object.keys(service.networks).filter((network) => network !== 'mesh');
    const [network = ''] = own;
    const also = services.filter(([, { networks = {} }]) => namesOf(networks).includes(network));
    const variables: Readonly<Record<string, string>> = Object.fromEntries(
      (service.command as readonly string[]).flatMap((arg) =>
        arg.startsWith('--dataplane-var=') ? [arg.split('=').slice(1)] : [],
      ),
    );

    expect(own).toHaveLength(1);
    expect(compose.networks[network].internal).toBe(true);
    expect(also.map(([each]) => each).sort()).toEqual(
      (beside === 'kong' ? ['daemon', 'kong', name] : [beside, name]).sort(),
    );
    if (beside !== 'kong') {
      expect(variables).toEqual({
        service: beside,
        address: service.networks.mesh.ipv4_address,
        backend: compose.services[beside].networks[network].ipv4_address,
      });
    }
    expect(service.command).toContain('--dns-enabled=false');
  },
);

it('every sidecar has a token that is signed', () => {
  const { BACKENDS, GATEWAY } = compose.services.credentials.environment;
  const tokens = sidecars.map(
    ([, { command }]) =>
      /--dataplane-token-file=\/run\/tokens\/(\S+)/.exec((command as string[]).join(' '))?.[1],
  );

  expect(tokens.sort()).toEqual([GATEWAY, ...(BACKENDS as string).split(' ')].sort());
});

it("the daemon's configuration is valid, and says what the containers do", async () => {
  const { environment } = compose.services.daemon;
  const sidecar = compose.services['kong-sidecar'].networks;
  const listen: string = compose.services.kong.environment.KONG_ADMIN_LISTEN;

  const [plain, set] = await Promise.all(
    [{}, environment].map((env) =>
      loadConfig({
        file: file('examples', 'compose', 'kong-meshd.yaml'),
        env: Object.fromEntries(
          Object.entries<string>(env).map(([name, value]) => [name, withDefaults(value)]),
        ),
        settings: [],
        flags: {},
      }),
    ),
  );
  const config = plain?.ok === true ? plain.config : undefined;

  // Between the containers of one machine the token goes by plain http.
  expect(plain?.failures.map(({ code }) => code)).toEqual(['CONFIG_SECRET_IN_CLEAR']);
  expect(config?.gateway).toMatchObject({
    dataplane: [compose.services.credentials.environment.GATEWAY],
    create: { address: withDefaults(sidecar.mesh.ipv4_address) },
    outbounds: { address: withDefaults(sidecar.gateway.ipv4_address) },
  });
  // The variables say the same while MESH_NET is what the file was written for.
  expect(set?.ok === true ? set.config : undefined).toEqual(config);
  expect(listen).toBe(`${compose.services.kong.networks.gateway.ipv4_address}:8001`);
  expect(config?.kong?.target?.dbless?.url).toBe('http://kong-admin:8001');
  expect(compose.services.kong.networks.gateway.aliases).toEqual(['kong-admin']);
  expect(config?.plugin?.snapshot).toBe(
    compose.services['plugin-server'].environment.KONG_MESHD_SNAPSHOT,
  );
});

/** Mounted by itself, a file that an editor or git replaces stays the old one inside. */
it.each(services)('%s: mounts folders, no files', (_name, { volumes = [] }) => {
  const mounts = (volumes as readonly string[])
    .map((volume) => /^(?:\$\{\w+:-)?(\.\/[^}:]+)/.exec(volume)?.[1])
    .filter((mount) => mount !== undefined);

  expect(mounts.filter((mount) => !statSync(file(mount)).isDirectory())).toEqual([]);
});

it('Kong and the plugin server name the same socket', () => {
  const kong = compose.services.kong.environment;
  const server = compose.services['plugin-server'].environment;

  expect(kong.KONG_PLUGINSERVER_MESH_UPSTREAM_SOCKET).toBe(server.KONG_MESHD_SOCKET);
  expect(Object.keys(kong)).not.toContain('KONG_PLUGINSERVER_MESH_UPSTREAM_START_CMD');
});

describe('credentials', () => {
  let folder: string;
  const at = (...path: readonly string[]) => join(folder, ...path);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kong-meshd-credentials-'));
    mkdirSync(at('authority'));
    mkdirSync(at('tokens'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const sign = () =>
    startNode([script('credentials.js'), at('authority'), at('tokens')], {
      env: { BACKENDS: 'orders payments', GATEWAY: 'kong-01' },
    }).exited;

  it('signs what the control plane is configured to accept', async () => {
    expect(await sign()).toBe(0);
    const config = parse(readFileSync(at('authority', 'kuma-cp.yaml'), 'utf8'));
    const [forProxies] = config.dpServer.authn.dpProxy.dpToken.validator.publicKeys;
    const [forUsers] = config.apiServer.authn.tokens.validator.publicKeys;

    expect(readdirSync(at('tokens')).sort()).toEqual([
      'kong-01',
      'kong-meshd',
      'orders',
      'payments',
    ]);
    expect(forProxies.mesh).toBe('default');
    expect(claimsOf(at('tokens', 'kong-01'), forProxies)).toMatchObject({
      Name: 'kong-01',
      Mesh: 'default',
    });
    expect(claimsOf(at('tokens', 'orders'), forProxies)).toMatchObject({
      Name: '',
      Tags: { 'kuma.io/service': ['orders'] },
    });
    expect(claimsOf(at('tokens', 'kong-meshd'), forUsers)).toMatchObject({ Groups: [] });
    expect(claimsOf(at('authority', 'admin'), forUsers)).toMatchObject({
      Groups: ['mesh-system:admin'],
    });
    expect(statSync(at('tokens', 'kong-01')).mode & 0o777).toBe(0o640);
  });

  it('keeps its key when it runs again, so that what runs already stays in the mesh', async () => {
    await sign();
    const before = readFileSync(at('authority', 'kuma-cp.yaml'), 'utf8');

    await sign();

    expect(readFileSync(at('authority', 'kuma-cp.yaml'), 'utf8')).toBe(before);
  });

  function claimsOf(path: string, { kid, key }: { readonly kid: string; readonly key: string }) {
    const [head = '', body = '', signature = ''] = readFileSync(path, 'utf8').split('.');
    const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    const signed = Buffer.from(`${head}.${body}`);

    expect(decode(head)).toMatchObject({ alg: 'RS256', kid });
    expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(decode(body).exp).toBeGreaterThan(Date.now() / 1000 + 24 * 3600);
    return decode(body);
  }
});

describe('setup', () => {
  let controlPlane: ControlPlane;
  let forSidecars: Server;
  let folder: string;
  let setup: Child;
  const admin = { name: 'admin', groups: ['mesh-system:admin'] };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-meshd-setup-'));
    writeFileSync(join(folder, 'admin'), 'the.admin.token');
    controlPlane = await startControlPlane({
      meshServices: 'Disabled',
      auth: { tokens: { 'the.admin.token': admin }, required: true, writers: [] },
    });
    forSidecars = createServer({
      cert: read('test', 'fixtures', 'tls', 'loopback.crt'),
      key: read('test', 'fixtures', 'tls', 'loopback.key'),
    });
    await new Promise<void>((resolve) => forSidecars.listen(0, '127.0.0.1', resolve));
    const { port } = forSidecars.address() as AddressInfo;
    setup = startNode([script('setup.js'), folder, folder], {
      env: { API: controlPlane.url, SIDECARS: `127.0.0.1:${port}` },
    });
  });

  afterEach(async () => {
    await setup.stop();
    expect(await setup.exited).toBe(0);
    forSidecars.close();
    await controlPlane.stop();
    rmSync(folder, { recursive: true });
  });

  const health = () => startNode([script('setup.js'), 'health']).exited;
  const permission = () => controlPlane.get('MeshTrafficPermission', 'allow-gateway');

  it('makes the mesh and its permission, and keeps them', async () => {
    await until(async () => expect(await health()).toBe(0));
    expect(controlPlane.get('Mesh', 'default')).toMatchObject({
      mtls: { enabledBackend: 'ca-1' },
      meshServices: { mode: 'Exclusive' },
    });
    expect(permission()).toBeDefined();
    expect(readFileSync(join(folder, 'control-plane.crt'), 'utf8')).toBe(
      read('test', 'fixtures', 'tls', 'loopback.crt'),
    );
    const before = controlPlane.requests.count('PUT');

    controlPlane.delete('MeshTrafficPermission', 'allow-gateway');
    await until(() => expect(permission()).toBeDefined());

    expect(controlPlane.requests.count('PUT')).toBe(before + 1);
  });

  it('is not healthy while the control plane is away', async () => {
    await until(async () => expect(await health()).toBe(0));

    await controlPlane.stop();

    await until(async () => expect(await health()).toBe(1));
  });
});

describe('traffic-check', () => {
  let server: HttpServer;
  let url: string;

  beforeEach(async () => {
    server = createHttpServer(({ url: path }, response) =>
      response.writeHead(path === '/broken' ? 503 : 200).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => server.close());

  it.each([
    [['/orders', '/crm'], 0],
    [['/orders', '/broken'], 1],
  ])('%j: exit code %i', async (paths, code) => {
    expect(await startNode([script('traffic-check.js'), url, ...paths, 'health']).exited).toBe(
      code,
    );
  });
});

it('the published API of the control plane is for looking only', async () => {
  const controlPlane = await startControlPlane();
  const view = startNode([script('read-only-api.js'), controlPlane.url, '0']);
  try {
    const port = await until(() => {
      const [, found] = /listening on (\d+)/.exec(view.stdout) ?? [];
      expect(found).toBeDefined();
      return found;
    });
    const mesh = `http://127.0.0.1:${port}/meshes/default`;
    const seen = await (await fetch(mesh)).json();
    const before = controlPlane.requests.count();

    const answers = await Promise.all(
      ['PUT', 'POST', 'DELETE', 'PATCH'].map((method) => fetch(mesh, { method, body: '{}' })),
    );

    expect(seen).toMatchObject({ type: 'Mesh', name: 'default' });
    expect(answers.map(({ status }) => status)).toEqual([405, 405, 405, 405]);
    expect(controlPlane.requests.count()).toBe(before);
  } finally {
    await view.stop();
    await controlPlane.stop();
  }
});

it('Prometheus finds the plugin server, which only it can reach', () => {
  const { environment, networks } = compose.services['plugin-server'];
  const { scrape_configs } = parse(read('deploy', 'compose', 'prometheus.yml'));
  const scraped = scrape_configs.flatMap(({ static_configs }: any) => static_configs[0].targets);
  const [, port] = environment.KONG_MESHD_METRICS.split(':');
  const beside = services.filter(([, { networks = [] }]) => namesOf(networks).includes('metrics'));

  expect(scraped).toContain(`plugin-server:${port}`);
  expect(environment.KONG_MESHD_METRICS_HOSTS.split(',')).toContain('plugin-server');
  expect(networks).toEqual(['metrics']);
  expect(compose.networks.metrics).toEqual({ internal: true });
  expect(beside.map(([name]) => name).sort()).toEqual([
    'daemon',
    'grafana',
    'plugin-server',
    'prometheus',
  ]);
});

/** Networks are a list of names, or an object by name. */
function namesOf(networks: object): readonly string[] {
  return Array.isArray(networks) ? (networks as string[]) : Object.keys(networks);
}

function withDefaults(value: string): string {
  return value.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
}
