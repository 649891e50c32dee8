/** Kong in front of a mesh of Kuma 3.x, by the programs from the build: on the sandbox, in both of its shapes. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { pluginInfo } from '../../plugin-server/info';
import { eventually } from '../../sandbox/eventually';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { register } from '../../sandbox/services/register';
import { startService, type Service } from '../../sandbox/services/service';
import { startWorld, type World, type WorldOptions } from '../../sandbox/world';
import { cli, startDaemon } from './programs';

const run = promisify(execFile);
const names = ['orders', 'users', 'carts'];
const trust = 'spiffe://default.zone-a.mesh.local/workload';

let world: World;
let services: Service[];
let configFile: string;

async function open(options: Partial<WorldOptions>): Promise<void> {
  world = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    ...options,
  });
  services = await Promise.all(names.map((name) => startService({ name })));
  for (const service of services) register(world.controlPlane, service, { mode: 'api' });
  configFile = join(world.folder, 'kong-meshd.yaml');
  await configure();
  permit('by-id', {
    rules: [{ default: { allow: [{ spiffeID: { type: 'Exact', value: `${trust}/kong` } }] } }],
  });
}

async function configure(gateway = 'workload: kong', wait = 'auto'): Promise<void> {
  await writeFile(
    configFile,
    `sources: [{ kuma: { url: "${world.controlPlane.url}" } }]
kong:
  config: ${JSON.stringify(join(world.folder, 'kong.yml'))}
  target: { dbless: { url: "${world.admin.url}" } }
  settle: 0s
gateway: { dataplane: kong-01, ${gateway}, outbounds: { ports: 32000-32099, wait: ${wait} } }
loop: { interval: 250ms, probe: 1s }
status: false
`,
  );
}

function permit(name: string, spec: object): void {
  world.controlPlane.put({ type: 'MeshTrafficPermission', mesh: 'default', name, spec });
}

async function linkTo(linked: readonly string[]): Promise<void> {
  const kong = linked.map((name) => ({
    name,
    host: `${name}.internal`,
    tags: [`mesh:${name}`],
    routes: [{ name, paths: [`/${name}`] }],
  }));
  const text = JSON.stringify({ _format_version: '3.0', services: kong });
  await writeFile(join(world.folder, 'kong.yml'), text);
}

async function get(name: string): Promise<number> {
  const signal = AbortSignal.timeout(5_000);
  const response = await fetch(`${world.gateway.proxyUrl}/${name}`, { signal });
  await response.arrayBuffer();
  return response.status;
}

afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await world.stop();
});

describe.each(['3.x', '3.0'] as const)('a mesh of %s', (flavour) => {
  const options = {
    controlPlane: { flavour, mtls: true, refreshMs: 1_500 },
    sidecar: { listenMs: [300, 1_400] as const, closeMs: 100 },
  };

  it('answers through Kong the moment sync has ended, by either way to wait', async () => {
    await open(options);
    const answers: number[] = [];
    for (const [at, name] of names.entries()) {
      await linkTo(names.slice(0, at + 1));
      await configure('workload: kong', at % 2 === 0 ? 'control-plane' : 'connect');
      await run(process.execPath, [cli, 'sync', '--config', configFile]);
      // Kong takes a configuration some milliseconds after it has said so.
      await eventually('Kong has the route', async () =>
        (await get(name)) === 404 ? undefined : true,
      );
      answers.push(await get(name));
    }

    expect(answers).toEqual([200, 200, 200]);
  }, 60_000);

  it('leaves Kong alone while the gateway has no identity', async () => {
    await open(options);
    await configure('service: kong');
    await linkTo(['orders']);
    const networking = { address: '127.0.0.1' };
    world.controlPlane.delete('Dataplane', 'kong-01');
    world.controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', networking });
    await world.sidecar.restart();

    const failed = await run(process.execPath, [cli, 'sync', '--config', configFile]).catch(
      (error: unknown) => error as { code: number; stderr: string; stdout: string },
    );

    expect(failed).toMatchObject({ code: expect.any(Number) });
    expect(`${failed.stdout}${failed.stderr}`).toContain('DATAPLANE_NOT_CONFIGURED');
    expect(world.admin.requests.counts()['POST /config']).toBeUndefined();
  }, 60_000);
});

it('loses no request while the control plane becomes another version, again and again', async () => {
  await open({
    controlPlane: { meshServices: 'Exclusive', mtls: true },
    sidecar: { listenMs: 100, closeMs: 100 },
  });
  const { controlPlane } = world;
  const tags = { 'kuma.io/service': 'kong' };
  const networking = { address: '127.0.0.1', gateway: { tags } };
  const labels = { 'kuma.io/workload': 'kong' };
  controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', labels, networking });
  permit('by-tag', { from: [{ targetRef: { kind: 'Mesh' }, default: { action: 'Allow' } }] });
  await linkTo(names);
  const daemon = startDaemon(configFile);
  await eventually('Kong leads there', async () =>
    (await get('carts')) === 200 ? true : undefined,
  );
  const seen = new Map<number, number>();
  const load = { running: true };
  const requests = (async () => {
    for (let at = 0; load.running; at++) {
      const status = await get(names[at % names.length] ?? '').catch(() => 0);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  })();

  for (const flavour of ['3.0', '2.14', '3.x', '2.14', '3.0'] as const) {
    controlPlane.become(flavour);
    await new Promise((resolve) => setTimeout(resolve, 900));
  }
  load.running = false;
  await requests;
  await daemon.stop();
  const stored = controlPlane.get('Dataplane', 'kong-01') as any;

  expect([...seen.keys()]).toEqual([200]);
  expect(stored.networking.outbound).toHaveLength(3);
}, 60_000);
