import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { addMigrate } from '../../../daemon/cli/commands/migrate';
import { startControlPlane, type ControlPlane } from '../../../sandbox/control-plane/control-plane';
import { register } from '../../../sandbox/services/register';
import { startService, type Service } from '../../../sandbox/services/service';
import { startSidecar, type Sidecar } from '../../../sandbox/sidecar/sidecar';
import { runCommand } from '../cli/support/run-command';

const trust = 'spiffe://default.zone-a.mesh.local/workload';
let folder: string;
let controlPlane: ControlPlane;
let sidecar: Sidecar;
let orders: Service;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'migrate-'));
  controlPlane = await startControlPlane({ meshServices: 'Exclusive', mtls: true });
  orders = await startService({ name: 'orders' });
  register(controlPlane, orders, { mode: 'api' });
  const outbound = [
    {
      address: '127.0.0.1',
      port: 33100,
      backendRef: { kind: 'MeshService', name: 'orders', port: 8080 },
    },
  ];
  const networking = {
    address: '127.0.0.1',
    gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } },
    outbound,
  };
  controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', networking });
  sidecar = startSidecar({ controlPlane, name: 'kong-01', mode: 'api', listenMs: 50, closeMs: 50 });
  controlPlane.put({
    ...{ type: 'MeshTrafficPermission', mesh: 'default', name: 'by-tag' },
    spec: { from: [{ targetRef: { kind: 'Mesh' }, default: { action: 'Allow' } }] },
  });
  const services = [
    { name: 'orders', host: 'orders.internal', tags: ['mesh:orders'], routes: [{ paths: ['/'] }] },
  ];
  writeFileSync(join(folder, 'kong.json'), JSON.stringify({ _format_version: '3.0', services }));
  writeFileSync(
    join(folder, 'kong-meshd.yaml'),
    `sources: [{ kuma: { url: "${controlPlane.url}" } }]
kong: { config: ${JSON.stringify(join(folder, 'kong.json'))}, settle: 0s }
gateway: { dataplane: kong-01, service: kong, workload: kong, outbounds: { ports: 33100-33199 } }
`,
  );
});

afterEach(async () => {
  await sidecar.stop();
  await orders.stop();
  await controlPlane.stop();
  rmSync(folder, { recursive: true, force: true });
});

function migrate(...args: readonly string[]) {
  const config = ['--config', join(folder, 'kong-meshd.yaml')];
  return runCommand(addMigrate, ['migrate', ...config, ...args]);
}

function stored(): any {
  return controlPlane.get('Dataplane', 'kong-01');
}

function permitById(): void {
  controlPlane.put({
    ...{ type: 'MeshTrafficPermission', mesh: 'default', name: 'by-id' },
    spec: {
      rules: [
        {
          default: {
            allow: [`${trust}/kong`, 'spiffe://default/kong'].map((value) => ({
              spiffeID: { type: 'Exact', value },
            })),
          },
        },
      ],
    },
  });
}

function identify(): void {
  const spec = {
    selector: { dataplane: { matchLabels: {} } },
    provider: { type: 'Bundled', bundled: { autogenerate: { enabled: true } } },
  };
  controlPlane.put({ type: 'MeshIdentity', mesh: 'default', name: 'identity', spec });
}

it('changes nothing with --check, and says by its exit code that it is not ready', async () => {
  const before = JSON.stringify(stored());

  const { code, out } = await migrate('--to', '3', '--check', '--json');

  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ready: false, version: '2.14.3' });
  expect(JSON.stringify(stored())).toBe(before);
});

it('writes label and outbounds, and keeps the gateway block until it is permitted by its SPIFFE ID', async () => {
  const { code, out } = await migrate('--to', '3', '--json');

  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ writes: 2, findings: [] });
  expect(stored().labels).toMatchObject({ 'kuma.io/workload': 'kong' });
  expect(stored().networking.gateway).toBeDefined();
  expect(stored().networking.outbound).toEqual([
    {
      ...{ address: '127.0.0.1', port: 33100 },
      backendRef: expect.objectContaining({
        labels: { 'kuma.io/display-name': 'orders', 'kuma.io/zone': 'zone-a' },
      }),
    },
  ]);
});

it('takes the block off once all before is done, does it once, and leads back', async () => {
  permitById();
  identify();

  const there = await migrate('--to', '3', '--json');
  const plain = stored().networking.gateway;
  const again = await migrate('--to', '3', '--json');
  const back = await migrate('--to', '2', '--json');

  expect({ there: JSON.parse(there.out), err: there.err }).toMatchObject({
    there: { ready: true, next: 'control-plane', writes: 3, findings: [] },
  });
  expect(plain).toBeUndefined();
  expect(JSON.parse(again.out)).toMatchObject({ writes: 0, ready: true });
  expect(back.code).toBe(0);
  expect(stored().networking.gateway.tags).toMatchObject({ 'kuma.io/service': 'kong' });
  expect(stored().networking.outbound).toHaveLength(1);
});

it('prints what is ready to be applied, and nothing else, to standard output', async () => {
  const { code, out, err } = await migrate('--to', '3', '--check');

  expect(code).toBe(1);
  expect(out).toMatch(/^type: MeshTrafficPermission\n/);
  expect(out).not.toContain('fix:');
  expect(err).toContain('Not ready for Kuma 3.0; next: identity.');
});

it('leads back on no control plane that drops the block', async () => {
  controlPlane.become('3.0');

  const { code, err } = await migrate('--to', '2');

  expect(code).toBe(1);
  expect(err).toContain('MIGRATE_BACK_NEEDS_2');
});
