import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toSnapshot, writeSnapshot } from '../../../catalog/snapshot';
import { compose } from '../../../daemon/cli/compose';
import { parseConfig } from '../../../daemon/config/load';
import type { Config } from '../../../daemon/config/schema';
import { diagnose } from '../../../daemon/doctor/diagnose';
import type { Facts } from '../../../daemon/doctor/facts';
import { gatherFacts } from '../../../daemon/doctor/gather/gather-facts';
import { pluginServersOf } from '../../../daemon/doctor/gather/node-plugin-servers';
import { gatherPluginServer } from '../../../daemon/doctor/gather/plugin-server';
import { gatherSnapshot } from '../../../daemon/doctor/gather/snapshot';
import { diff } from '../../../daemon/plan/diff';
import { createDblessTarget } from '../../../daemon/targets/kong-dbless/dbless-target';
import { Version } from '../../../plugin/mesh-upstream';
import { meshUpstreamClass } from '../../../plugin-server/info';
import { startPluginServer } from '../../../plugin-server/server';
import { startControlPlane, type ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { AdminServer } from '../../../sandbox/gateway/admin/admin-server';
import { startAdmin } from '../../../sandbox/gateway/admin/start-admin';
import { catalogFrom } from '../translate/catalog-file';
import { orders, outbound } from './facts-from';

const signal = new AbortController().signal;
let folder: string;
let controlPlane: ControlPlane;
let admin: AdminServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  controlPlane = await startControlPlane({ meshServices: 'Everywhere', mtls: true });
  admin = await startAdmin({ mode: 'dbless' });
});

afterEach(async () => {
  await admin.stop();
  await controlPlane.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A mesh with services that Kong links one by one, and the configuration of its daemon. */
function fill(services: number, more = ''): Config {
  const names = controlPlane.seed({ services, connected: true });
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-01',
    networking: {
      address: '127.0.0.1',
      gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } },
      outbound: names.map((name, index) => ({
        port: 20000 + index,
        tags: { 'kuma.io/service': name },
      })),
    },
  });
  controlPlane.connectProxy({ name: 'kong-01', mode: 'api' });
  const file = join(folder, 'kong.json');
  const kong = names.map((name) => ({
    name,
    host: 'placeholder.internal',
    tags: [`mesh:${name}`],
    routes: [{ name, paths: [`/${name}`] }],
  }));
  writeFileSync(file, JSON.stringify({ _format_version: '3.0', services: kong }));
  return configOf(`
sources: [{ kuma: { url: "${controlPlane.url}" } }]
kong: { config: ${JSON.stringify(file)}, target: { dbless: { url: "${admin.url}" } } }
gateway: { dataplane: kong-01, service: kong }
${more}`);
}

function configOf(text: string): Config {
  const loaded = parseConfig(text, { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failures));
  return loaded.config;
}

async function gather(config: Config, pluginSocket?: string): Promise<Facts> {
  return gatherFacts(
    { config, context: await compose(config, {}, { readOnly: true }), pluginSocket },
    signal,
  );
}

/** What the daemon would push, pushed. */
async function push(facts: Facts): Promise<void> {
  const target = createDblessTarget({ url: admin.url, meshTag: 'kong-meshd' });
  const desired = await target.canonicalise(facts.kong!.desired, signal);
  const current = await target.read(signal);
  await target.apply(diff(current, desired), desired, signal);
  target.close();
}

it('asks for each list once, page by page, and writes nothing', async () => {
  const config = fill(2_000);

  const facts = await gather(config);

  expect(facts.unasked).toEqual([]);
  expect(facts.kong?.links).toHaveLength(2_000);
  const paths = new Map<string, number>();
  for (const { method, path } of controlPlane.requests.latest()) {
    expect(method).toBe('GET');
    const url = new URL(path, controlPlane.url);
    const page = `${url.pathname} ${url.searchParams.get('offset') ?? 0}`;
    paths.set(page, (paths.get(page) ?? 0) + 1);
  }
  // The pass and the doctor each ask who is there, and for the mesh: no lists.
  const single = new Set(['/ 0', '/meshes/default 0']);
  const repeated = [...paths].filter(([page, count]) => count > 1 && !single.has(page));
  expect(repeated).toEqual([]);
  const lists = [...paths.keys()].flatMap(
    (page) => /^\/meshes\/default\/(.+) 0$/.exec(page)?.[1] ?? [],
  );
  expect(lists.sort()).toEqual([
    'dataplanes/_overview',
    'dataplanes/kong-01',
    'external-services',
    'meshcircuitbreakers',
    'meshexternalservices',
    'meshhealthchecks',
    'meshhttproutes',
    'meshidentities',
    'meshloadbalancingstrategies',
    'meshmultizoneservices',
    'meshpassthroughs',
    'meshretries',
    'meshservices',
    'meshtimeouts',
    'meshtrafficpermissions',
    'service-insights',
    'traffic-permissions',
  ]);
  expect(admin.requests.counts()).toEqual({ 'GET /status': 1, 'GET /': 1 });
});

it('knows its own configuration on the node by the hash alone', async () => {
  const config = fill(2);
  await push(await gather(config));
  admin.requests.clear();

  const facts = await gather(config);

  expect(facts.node?.document).toEqual({ empty: false, ours: true });
  expect(Object.keys(admin.requests.counts())).not.toContain('GET /config');
});

it('tells what another writer left on the node', async () => {
  const config = fill(1);
  const stray = { _format_version: '3.0', services: [{ name: 'stray', host: 'stray.internal' }] };
  await fetch(`${admin.url}/config`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config: JSON.stringify(stray) }),
  });

  const { node } = await gather(config);

  expect(node?.document?.ours).toBe(false);
  expect(node?.document?.changes?.examples).toContain('only on the node: service stray');
});

it('goes on where the control plane is away', async () => {
  const config = fill(1);
  await controlPlane.stop();

  const facts = await gather(config);

  expect(facts.unasked.map(({ failure }) => failure.code)).toContain('KUMA_UNREACHABLE');
  expect(facts.catalog).toBeUndefined();
  expect(facts.kong?.user.entities.length).toBe(2);
  expect(facts.node?.document?.empty).toBe(true);
});

it('goes on where Kong is away', async () => {
  const config = fill(1);
  await admin.stop();

  const facts = await gather(config);

  expect(facts.unasked).toEqual([expect.objectContaining({ part: 'kong', severity: 'error' })]);
  expect(facts.node).toBeUndefined();
  expect(facts.catalog?.services.length).toBeGreaterThan(0);
});

it('names the one kind of policy that is refused, and has the others', async () => {
  const config = fill(1);
  controlPlane.faults.next({ path: '/meshes/default/meshretries', status: 403, body: {} });

  const facts = await gather(config);

  expect(facts.unasked).toEqual([
    expect.objectContaining({ part: 'MeshRetry policies', severity: 'warning' }),
  ]);
  expect(facts.policies.retries).toBeUndefined();
  expect(facts.policies.timeouts).toEqual([]);
});

it('takes a node whose GET / fails for one that runs a plugin server itself', async () => {
  const config = fill(1);
  const body = { message: 'An unexpected error occurred' };
  admin.faults.add({ match: { path: /^\/$/ }, status: 500, body, times: 9 });

  const facts = await gather(config);

  expect(facts.node).toMatchObject({ rootFails: true });
  expect(diagnose(facts).map(({ code }) => code)).toContain('KM601');
});

it('sees proxies, permissions and the version', async () => {
  const config = fill(1);
  controlPlane.put({
    type: 'MeshTrafficPermission',
    mesh: 'default',
    name: 'allow',
    spec: { from: [{ targetRef: { kind: 'Mesh' }, default: { action: 'Allow' } }] },
  });

  const facts = await gather(config);

  expect(facts.mesh).toMatchObject({ version: '2.14.3', mode: 'Everywhere', mtls: true });
  expect(facts.proxies?.find(({ name }) => name === 'kong-01')?.proxy).toEqual({
    online: true,
    certified: true,
  });
  expect(facts.policies.permissions).toHaveLength(1);
  expect(diagnose(facts).map(({ code }) => code)).toEqual(['KM608', 'KM702']);
});

it('says that files alone tell nothing of policies', async () => {
  const mesh = join(folder, 'mesh.yaml');
  writeFileSync(mesh, 'type: Mesh\nname: default\n');

  const facts = await gather(configOf(`sources: [{ file: { path: ${JSON.stringify(mesh)} } }]`));

  expect(facts.unasked).toEqual([
    expect.objectContaining({ part: 'control plane', severity: 'info' }),
  ]);
});

describe('a snapshot', () => {
  const catalog = catalogFrom({
    services: [orders],
    gateway: { outbounds: [outbound('orders', 1)] },
  });

  it.each([
    ['the same', catalog, { current: true }],
    [
      'older',
      catalogFrom({ services: [orders], gateway: { outbounds: [outbound('orders', 2)] } }),
      { current: false, differing: ['orders'] },
    ],
    [
      'the same but for who is up',
      catalogFrom({
        services: [{ ...orders, availability: 'unavailable' }],
        gateway: { outbounds: [outbound('orders', 1)] },
      }),
      { current: false, differing: [] },
    ],
  ])('that is %s', async (_name, now, expected) => {
    const file = join(folder, 'catalog.json');
    await writeSnapshot(file, toSnapshot(catalog));

    const facts = await gatherSnapshot(file, now, Date.now() + 60_000);

    expect(facts).toMatchObject({ file, ...expected });
    expect(facts.ageMs).toBeGreaterThan(50_000);
  });

  it.each([
    ['a file for everybody', 0o666, 0o755, ['catalog.json']],
    ['a folder for everybody', 0o640, 0o777, ['']],
    ['a folder where each keeps what is its own', 0o640, 0o1777, []],
    ['a file and folder of the group', 0o660, 0o775, []],
  ])('in %s', async (_name, fileMode, folderMode, open) => {
    const place = join(folder, 'place');
    mkdirSync(place);
    const file = join(place, 'catalog.json');
    await writeSnapshot(file, toSnapshot(catalog));
    chmodSync(file, fileMode);
    chmodSync(place, folderMode);

    const facts = await gatherSnapshot(file, undefined, Date.now());

    expect(facts.writableByAll).toEqual(open.map((name) => join(place, name)));
  });

  it('that is not there', async () => {
    const facts = await gatherSnapshot(join(folder, 'none.json'), catalog, Date.now());

    expect(facts.problem?.code).toBe('SNAPSHOT_UNREADABLE');
  });
});

describe('a plugin server', () => {
  let listener: Server | undefined;
  const path = () => join(folder, 'plugin.socket');
  const listen = (answer: (socket: Socket) => void) =>
    new Promise<void>((resolve) => {
      listener = createServer(answer);
      listener.listen(path(), resolve);
    });

  afterEach(() => new Promise((resolve) => (listener ? listener.close(resolve) : resolve(null))));

  it('that serves the plugin', async () => {
    const log = { write: () => undefined, limited: () => undefined };
    const snapshots = () => [{ file: '/catalog.json', hash: 'abc' }];
    const plugins = [meshUpstreamClass()];
    const server = await startPluginServer({ socket: path(), plugins, log, snapshots });

    const facts = await gatherPluginServer(path(), 'mesh-upstream', 5_000, signal);

    await server.close(0);
    expect(facts).toEqual({
      socket: path(),
      plugins: ['mesh-upstream'],
      version: Version,
      snapshotHashes: ['abc'],
    });
  });

  it('that is not there', async () => {
    expect(await gatherPluginServer(path(), 'mesh-upstream', 5_000, signal)).toEqual({
      socket: path(),
      problem: 'ENOENT',
    });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    [
      'something else',
      (socket) => socket.write('HTTP/1.1 400\r\n'),
      "what answers does not speak Kong's ProtoBuf protocol",
    ],
    ['a closed door', (socket) => socket.end(), 'it closed the connection without an answer'],
    ['silence', () => undefined, 'no answer within 50 ms'],
  ])('%s', async (_name, answer, problem) => {
    const open = new Set<Socket>();
    await listen((socket) => {
      open.add(socket);
      answer(socket);
    });

    const facts = await gatherPluginServer(path(), 'mesh-upstream', 50, signal);

    for (const socket of open) socket.destroy();
    expect(facts.problem).toBe(problem);
  });
});

describe('plugin servers as Kong shows them', () => {
  it.each([
    ['none', { pluginserver_names: {}, pluginservers: {} }, []],
    [
      'as settings',
      {
        pluginserver_names: ['mesh-upstream'],
        pluginserver_mesh_upstream_socket: '/run/s',
        pluginserver_mesh_upstream_query_cmd: 'cat /info.json',
      },
      [{ name: 'mesh-upstream', socket: '/run/s', queryCommand: 'cat /info.json' }],
    ],
    [
      'as a list',
      { pluginservers: [{ name: 'js', socket: '/run/js', start_command: 'node' }] },
      [{ name: 'js', socket: '/run/js', startCommand: 'node' }],
    ],
  ])('%s', (_name, configuration, expected) => {
    expect(pluginServersOf(configuration)).toEqual(expected);
  });
});

describe.each(['3.x', '3.0'] as const)('a control plane of %s', (flavour) => {
  const setUp = async (labels: Record<string, string>): Promise<Config> => {
    await controlPlane.stop();
    controlPlane = await startControlPlane({ flavour, mtls: true });
    const [name = ''] = controlPlane.seed({ services: 1, connected: true });
    const ref = { 'kuma.io/display-name': name, 'kuma.io/zone': 'zone-a' };
    const outbound = [
      { port: 20_000, backendRef: { kind: 'MeshService', labels: ref, port: 8080 } },
    ];
    const networking = { address: '127.0.0.1', outbound };
    const gateway = { type: 'Dataplane', mesh: 'default', name: 'kong-01', labels, networking };
    controlPlane.put(gateway);
    controlPlane.connectProxy({ name: 'kong-01', mode: 'api' });
    const file = join(folder, 'kong.json');
    const kong = [{ name, host: 'x.internal', tags: [`mesh:${name}`] }];
    writeFileSync(file, JSON.stringify({ _format_version: '3.0', services: kong }));
    return configOf(`
sources: [{ kuma: { url: "${controlPlane.url}" } }]
kong: { config: ${JSON.stringify(file)}, target: { dbless: { url: "${admin.url}" } } }
gateway: { dataplane: kong-01 }`);
  };

  const permit = (value: string): void => {
    const spec = {
      targetRef: { kind: 'Mesh' },
      rules: [{ default: { allow: [{ spiffeID: { type: 'Exact', value } }] } }],
    };
    controlPlane.put({ type: 'MeshTrafficPermission', mesh: 'default', name: 'p', spec });
  };

  it('is judged by the SPIFFE ID of the gateway and the Dataplanes behind a service', async () => {
    const config = await setUp({ 'kuma.io/workload': 'kong' });
    permit('spiffe://default.zone-a.mesh.local/workload/other');
    const denied = diagnose(await gather(config));
    permit('spiffe://default.zone-a.mesh.local/workload/kong');

    const allowed = diagnose(await gather(config));

    expect(denied.find(({ code }) => code === 'KM302')?.fix).toContain(
      'Allow spiffeID Exact spiffe://default.zone-a.mesh.local/workload/kong',
    );
    expect(allowed.filter(({ code }) => /^KM[13]/.test(code))).toEqual([]);
  });

  it('tells of a gateway without a workload', async () => {
    const config = await setUp({});

    const found = diagnose(await gather(config));

    expect(found.map(({ code }) => code)).toContain('KM112');
  });
});
