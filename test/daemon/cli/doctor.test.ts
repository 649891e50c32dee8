import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { addDoctor } from '../../../daemon/cli/commands/doctor';
import { allRules } from '../../../daemon/doctor/all-rules';
import { startControlPlane, type ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { AdminServer } from '../../../sandbox/gateway/admin/admin-server';
import { startAdmin } from '../../../sandbox/gateway/admin/start-admin';
import { runCommand } from './support/run-command';

let folder: string;
let controlPlane: ControlPlane;
let admin: AdminServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-cli-'));
  controlPlane = await startControlPlane({ meshServices: 'Everywhere', mtls: true });
  admin = await startAdmin({ mode: 'dbless' });
  controlPlane.seed({ services: 8, prefix: 'orders' });
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-01',
    networking: {
      address: '127.0.0.1',
      gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } },
      outbound: Array.from({ length: 8 }, (_, index) => ({
        port: 20000 + index,
        tags: { 'kuma.io/service': `orders-${index}` },
      })),
    },
  });
  controlPlane.connectProxy({ name: 'kong-01', mode: 'api' });
  const services = Array.from({ length: 8 }, (_, index) => ({
    name: `orders-${index}`,
    host: 'orders.internal',
    tags: [`mesh:orders-${index}`],
  }));
  writeFileSync(join(folder, 'kong.json'), JSON.stringify({ _format_version: '3.0', services }));
  writeFileSync(
    join(folder, 'kong-meshd.yaml'),
    `sources: [{ kuma: { url: "${controlPlane.url}" } }]
kong: { config: ${JSON.stringify(join(folder, 'kong.json'))}, target: { dbless: { url: "${admin.url}" } } }
gateway: { dataplane: kong-01, service: kong }
`,
  );
});

afterAll(async () => {
  await admin.stop();
  await controlPlane.stop();
  rmSync(folder, { recursive: true, force: true });
});

function doctor(...args: readonly string[]) {
  const config = ['--config', join(folder, 'kong-meshd.yaml')];
  return runCommand(addDoctor, ['doctor', ...config, ...args]);
}

it('groups by severity, says what was seen and what to do, and counts what is alike', async () => {
  const { code, out } = await doctor();

  expect(code).toBe(1);
  expect(out).toMatch(/^Errors\nKM302 service orders-0\n {2}No permission allows kong/);
  expect(out).toContain('  seen: no permission selects it\n');
  expect(out).toContain('  fix:  Allow MeshSubset kuma.io/service: kong');
  expect(out).toContain('KM302 3 more like these; --json lists all of them');
  expect(out).toContain('KM608 kong\n');
  expect(out).toMatch(/9 errors, \d+ warnings?, \d+ notes?\n$/);
});

it('prints all of them as JSON', async () => {
  const { code, out } = await doctor('--json');

  const report = JSON.parse(out);
  expect(code).toBe(1);
  expect(report.summary.error).toBe(9);
  expect(report.findings[0]).toEqual({
    code: 'KM302',
    rule: 'permission-missing',
    severity: 'error',
    subject: 'service orders-0',
    cause: expect.stringContaining('403'),
    evidence: ['no permission selects it'],
    fix: expect.any(String),
    docs: 'docs/reference/doctor.md#km302',
  });
});

it('ends with 0 where nothing is as bad as asked for', async () => {
  expect((await doctor('--fail-on', 'never')).code).toBe(0);
  expect((await doctor('--fail-on', 'warning')).code).toBe(1);
});

it('refuses a severity that is none', async () => {
  const { code, err } = await doctor('--fail-on', 'bad');

  expect(code).toBe(1);
  expect(err).toContain('Allowed choices are error, warning, info, never');
});

it('lists its rules without asking anybody', async () => {
  const { code, out } = await doctor('--list', '--set', 'sources.0.kuma.url=http://127.0.0.1:1');

  expect(code).toBe(0);
  expect(out.trim().split('\n')).toHaveLength(allRules.length + 1);
});

it('says what is wrong with its own configuration first', async () => {
  const { code, err } = await doctor('--set', 'gateway.environment=moon');

  expect(code).toBe(1);
  expect(err).toContain('CONFIG_');
});
