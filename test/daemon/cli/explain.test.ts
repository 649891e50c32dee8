import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { addExplain } from '../../../daemon/cli/commands/explain';
import { startControlPlane, type ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { AdminServer } from '../../../sandbox/gateway/admin/admin-server';
import { startAdmin } from '../../../sandbox/gateway/admin/start-admin';
import { runCommand } from './support/run-command';

let folder: string;
let controlPlane: ControlPlane;
let admin: AdminServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'explain-cli-'));
  controlPlane = await startControlPlane({ meshServices: 'Everywhere', mtls: true });
  admin = await startAdmin({ mode: 'dbless' });
  controlPlane.seed({ services: 1, prefix: 'orders', connected: true });
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-01',
    networking: {
      address: '127.0.0.1',
      gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } },
      outbound: [{ port: 20000, tags: { 'kuma.io/service': 'orders-0' } }],
    },
  });
  const services = [
    {
      name: 'orders',
      host: 'orders.internal',
      tags: ['mesh:orders-0'],
      routes: [{ name: 'orders', hosts: ['api.example'], paths: ['/orders'] }],
    },
    {
      name: 'lost',
      host: 'lost.internal',
      tags: ['mesh:lost'],
      routes: [{ name: 'lost', paths: ['/lost'], headers: { 'X-Version': ['2'] } }],
    },
  ];
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

function explain(...args: readonly string[]) {
  const config = ['--config', join(folder, 'kong-meshd.yaml')];
  return runCommand(addExplain, ['explain', ...config, ...args]);
}

it.each([
  ['a route', ['orders'], 0, 'mesh        MeshService orders-0'],
  ['a method and a URL', ['GET', 'http://api.example/orders/1'], 0, 'path        /1'],
  ['a path with a Host header', ['/orders', '-H', 'Host: api.example'], 0, 'matches /orders'],
  ['a link that leads nowhere', ['GET', '/lost', '-H', 'X-Version: 2'], 1, 'LINK_UNKNOWN_SERVICE'],
  ['a request without a route', ['/lost'], 1, 'Route lost would match but for its header.'],
])('answers for %s', async (_name, args, code, says) => {
  const result = await explain(...args);

  expect(result.code).toBe(code);
  expect(result.out).toContain(says);
});

it('prints it as JSON', async () => {
  const { out } = await explain('orders', '--json');

  expect(JSON.parse(out)).toMatchObject({
    question: 'orders',
    ways: [{ mesh: { name: 'orders-0', form: 'outbound', address: '127.0.0.1:20000' } }],
    findings: expect.arrayContaining([expect.objectContaining({ code: 'KM302' })]),
  });
});

it.each([
  ['a name that nothing has', ['order'], 'EXPLAIN_UNKNOWN'],
  ['what is no URL', ['GET', 'ftp://x'], 'EXPLAIN_URL'],
  [
    'a configuration that is not there',
    ['orders', '--set', 'kong.config=none.yml'],
    'KONG_CONFIG_MISSING',
  ],
])('says what is wrong with %s', async (_name, args, code) => {
  const result = await explain(...args);

  expect(result.code).toBe(1);
  expect(result.err).toContain(code);
});
