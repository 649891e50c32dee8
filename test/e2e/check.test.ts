/** `check` on Universal: a row for each linked route, with where each request ended. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { allCommands } from '../../daemon/cli/commands/all-commands';
import { runCli } from '../../daemon/cli/program';
import { pluginInfo } from '../../plugin-server/info';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { register } from '../../sandbox/services/register';
import { startService, type Service } from '../../sandbox/services/service';
import { startWorld, type World } from '../../sandbox/world';

jest.setTimeout(60_000);

let world: World;
let folder: string;
let config: string;
const stops: (() => unknown)[] = [];
let orders: Service;

async function run(...args: readonly string[]) {
  const said = { out: '', err: '' };
  const code = await runCli(allCommands, [...args, '-c', config], {
    env: {},
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    signal: new AbortController().signal,
    colour: false,
  });
  return { code, ...said };
}

const check = (...args: readonly string[]) =>
  run('check', '--proxy', world.gateway.proxyUrl, ...args);

const kongService = (name: string, more: object = {}) => ({
  ...{ name, host: `${name}.internal`, tags: [`mesh:${name}`], retries: 0 },
  routes: [{ name, paths: [`/${name}`] }],
  ...more,
});

const kongId = 'spiffe://default.zone-a.mesh.local/workload/kong';

// Counters, permissions and names of clusters differ between these; the preview differs from 3.0 in none.
describe.each(['2.14', '3.0'] as const)('under %s', (flavour) => {
  const byWorkload = flavour !== '2.14';
  const gatewayId = byWorkload ? kongId : 'spiffe://default/kong';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kong-meshd-check-'));
    world = await startWorld({
      pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
      controlPlane: {
        mtls: true,
        ...(byWorkload ? { flavour, refreshMs: 200 } : { meshServices: 'Everywhere' }),
      },
      sidecar: { listenMs: 20, closeMs: 20, identityMs: 20 },
    });
    const { controlPlane } = world;
    for (const name of ['orders', 'denied', 'gone', 'plugged']) {
      const service = await startService({ name });
      const registered = register(controlPlane, service, { mode: 'api' });
      stops.push(
        () => registered.unregister(),
        () => service.stop(),
      );
      if (name === 'orders') orders = service;
      if (name === 'gone') await service.stop();
      if (name === 'denied') continue;
      controlPlane.put({
        ...{ type: 'MeshTrafficPermission', mesh: 'default', name: `to-${name}` },
        spec: byWorkload
          ? {
              targetRef: { kind: 'Dataplane', labels: { 'kuma.io/workload': name } },
              rules: [{ default: { allow: [{ spiffeID: { type: 'Exact', value: kongId } }] } }],
            }
          : {
              targetRef: { kind: 'MeshSubset', tags: { 'kuma.io/service': name } },
              from: [{ targetRef: { kind: 'Mesh' }, default: { action: 'Allow' } }],
            },
      });
    }
    const kongFile = join(folder, 'kong.json');
    const plugin = { name: 'mesh-upstream', config: { service: 'plugged' } };
    await writeFile(
      kongFile,
      JSON.stringify({
        _format_version: '3.0',
        services: [
          kongService('orders'),
          kongService('denied'),
          kongService('gone'),
          kongService('plugged', {
            tags: [],
            routes: [{ name: 'plugged', paths: ['/plugged'], plugins: [plugin] }],
          }),
        ],
      }),
    );
    config = join(folder, 'kong-meshd.yaml');
    await writeFile(
      config,
      JSON.stringify({
        sources: [{ kuma: { url: controlPlane.url } }],
        kong: { config: kongFile, settle: '0s', target: { dbless: { url: world.admin.url } } },
        gateway: { dataplane: 'kong-01', service: 'kong', outbounds: { ports: '39100-39199' } },
        plugin: { snapshot: world.snapshot },
      }),
    );
    expect(await run('sync')).toMatchObject({ code: 0, err: '' });
  });

  afterAll(async () => {
    for (const stop of stops.splice(0)) await stop();
    await world.stop();
    await rm(folder, { recursive: true });
  });

  it('sends each linked route one request, and says where each ended', async () => {
    const { code, out } = await check('--json');

    const rows: any[] = JSON.parse(out);
    expect(rows.map(({ route, status, ending }) => [route, status, ending])).toEqual([
      ['denied', 403, 'not-permitted'],
      ['gone', 503, 'no-endpoint'],
      ['orders', 200, 'through'],
      // Nobody has started a plugin server.
      ['plugged', 500, 'plugin'],
    ]);
    for (const row of rows) expect(row.identities).toEqual([gatewayId]);
    expect(code).toBe(1);
  });

  it('ends with 0 where the mesh carried all that was asked for', async () => {
    const { code, out } = await check('orders');

    expect(out).toMatch(/orders\s+orders\s+200\s+through/);
    expect(out).toContain(`The gateway has ${gatewayId}.`);
    expect(code).toBe(0);
  });

  it('does not take a request that was given up for the next one', async () => {
    orders.delayMs = 1_500;
    try {
      const { out } = await check('orders', 'plugged', '--timeout', '500', '--json');

      const rows: any[] = JSON.parse(out);
      expect(rows).toMatchObject([
        { route: 'orders', ending: 'no-answer' },
        { route: 'plugged', ending: 'plugin', clusters: [] },
      ]);
    } finally {
      orders.delayMs = 0;
    }
  });

  it('ends with 2 where the counters cannot be read, whatever Kong answered', async () => {
    world.sidecar.lose();
    try {
      const { code, out } = await check('orders');

      expect(out).toMatch(/200\s+unknown/);
      expect(code).toBe(2);
    } finally {
      world.sidecar.find();
      await world.sidecar.whenSettled();
    }
  });

  it('knows a path without a route, and a proxy that is not there', async () => {
    expect((await check('/nowhere')).out).toMatch(/404\s+no-route/);
    expect((await check('orders', '--proxy', 'http://127.0.0.1:1')).out).toContain('no-answer');
  });

  it.each([
    ['/a b', /no-answer/],
    ['/%zz', /no-route|gateway/],
  ])('bears a path such as %s', async (path, ending) => {
    const { code, out, err } = await check(path);

    expect(out).toMatch(ending);
    expect(err).toBe('');
    expect(code).toBe(1);
  });
});
