/** What can be said of docker-compose.yml without Docker; deploy/compose-smoke.sh says the rest. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { loadConfig } from '../../daemon/config/load';
import { startNode } from '../../sandbox/child';
import { startControlPlane, type ControlPlane } from '../../sandbox/control-plane/control-plane';

const root = join(__dirname, '..', '..');
const file = (...path: readonly string[]): string => join(root, ...path);
const read = (...path: readonly string[]): string => readFileSync(file(...path), 'utf8');
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

it.each(sidecars)('%s: shares the network of what it stands beside', (name, service) => {
  const beside = name.replace(/-sidecar$/, '');
  const address = compose.services[beside].networks.mesh.ipv4_address;
  const variables = (service.command as readonly string[]).filter((arg) =>
    arg.startsWith('--dataplane-var=address='),
  );

  expect(service.network_mode).toBe(`service:${beside}`);
  expect(variables.map((arg) => arg.split('=')[2])).toEqual(beside === 'kong' ? [] : [address]);
  expect(service.command).toContain('--dns-enabled=false');
});

it('every sidecar has a token that setup issues', () => {
  const { BACKENDS, GATEWAY } = compose.services.setup.environment;
  const tokens = sidecars.map(
    ([, { command }]) =>
      /--dataplane-token-file=\/run\/tokens\/(\S+)/.exec((command as string[]).join(' '))?.[1],
  );

  expect(tokens.sort()).toEqual([GATEWAY, ...(BACKENDS as string).split(' ')].sort());
});

it("the daemon's configuration is valid, and says what the containers do", async () => {
  const { environment } = compose.services.daemon;
  const env = { ...environment, KONG_MESHD_GATEWAY_CREATE_ADDRESS: '10.1.2.10' };

  const loaded = await loadConfig({
    file: file('deploy', 'compose', 'kong-meshd.yaml'),
    env,
    settings: [],
    flags: {},
  });

  // Between the containers of one machine the token goes by plain http.
  expect(loaded.failures.map(({ code }) => code)).toEqual(['CONFIG_SECRET_IN_CLEAR']);
  expect(loaded.ok && loaded.config.gateway).toMatchObject({
    dataplane: [compose.services.setup.environment.GATEWAY],
    create: { address: '10.1.2.10' },
  });
  expect(loaded.ok && loaded.config.kong?.target?.dbless?.url).toBe(
    `http://${compose.services.kong.environment.KONG_ADMIN_LISTEN}`,
  );
  expect(loaded.ok && loaded.config.plugin?.snapshot).toBe(
    compose.services['plugin-server'].environment.KONG_MESHD_SNAPSHOT,
  );
});

it('Kong and the plugin server name the same socket', () => {
  const kong = compose.services.kong.environment;
  const server = compose.services['plugin-server'].environment;

  expect(kong.KONG_PLUGINSERVER_MESH_UPSTREAM_SOCKET).toBe(server.KONG_MESHD_SOCKET);
  expect(Object.keys(kong)).not.toContain('KONG_PLUGINSERVER_MESH_UPSTREAM_START_CMD');
});

describe('setup', () => {
  let controlPlane: ControlPlane;
  let forSidecars: Server;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-meshd-setup-'));
    controlPlane = await startControlPlane({ meshServices: 'Disabled' });
    forSidecars = createServer({
      cert: read('test', 'fixtures', 'tls', 'loopback.crt'),
      key: read('test', 'fixtures', 'tls', 'loopback.key'),
    });
    await new Promise<void>((resolve) => forSidecars.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    forSidecars.close();
    await controlPlane.stop();
    rmSync(folder, { recursive: true });
  });

  function setUp() {
    const { port } = forSidecars.address() as AddressInfo;
    return startNode([file('deploy', 'compose', 'setup.js'), folder], {
      env: {
        API: controlPlane.url,
        SIDECAR_PORT: String(port),
        BACKENDS: 'orders payments',
        GATEWAY: 'kong-01',
      },
    }).exited;
  }

  it('makes the mesh and its permission, and issues what sidecars and daemon need', async () => {
    const code = await setUp();
    const mesh = await (await fetch(`${controlPlane.url}/meshes/default`)).json();
    const permission = `${controlPlane.url}/meshes/default/meshtrafficpermissions/allow-gateway`;

    expect(code).toBe(0);
    expect(mesh).toMatchObject({
      mtls: { enabledBackend: 'ca-1' },
      meshServices: { mode: 'Exclusive' },
    });
    expect((await fetch(permission)).status).toBe(200);
    expect(readdirSync(folder).sort()).toEqual(
      ['control-plane.crt', 'kong-01', 'kong-meshd', 'orders', 'payments'].sort(),
    );
    expect(readFileSync(join(folder, 'control-plane.crt'), 'utf8')).toBe(
      read('test', 'fixtures', 'tls', 'loopback.crt'),
    );
    expect(statSync(join(folder, 'kong-01')).mode & 0o777).toBe(0o640);
  });

  it('can be run again', async () => {
    await setUp();

    expect(await setUp()).toBe(0);
  });
});

it('Prometheus finds the plugin server, which only it can reach', () => {
  const { environment, networks } = compose.services['plugin-server'];
  const { scrape_configs } = parse(read('deploy', 'compose', 'prometheus.yml'));
  const scraped = scrape_configs.flatMap(({ static_configs }: any) => static_configs[0].targets);
  const [, port] = environment.KONG_MESHD_METRICS.split(':');
  const beside = services.filter(([, { networks: own = [] }]) =>
    Object.values(own).includes('metrics'),
  );

  expect(scraped).toContain(`plugin-server:${port}`);
  expect(environment.KONG_MESHD_METRICS_HOSTS.split(',')).toContain('plugin-server');
  expect(networks).toEqual(['metrics']);
  expect(compose.networks.metrics).toEqual({ internal: true });
  expect(beside.map(([name]) => name).sort()).toEqual(['plugin-server', 'prometheus']);
});
