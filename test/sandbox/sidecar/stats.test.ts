/** What the inspect API shows of the sidecar's counters. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { send } from '../control-plane/exchange';
import { ask, freePort, Mesh } from './harness';

let mesh: Mesh;

afterEach(() => mesh.stop());

async function stats(): Promise<readonly string[]> {
  const path = '/meshes/default/dataplanes/kong-01/stats';
  const { status, type, body } = await send(mesh.controlPlane.url, path);
  expect([status, type]).toEqual([200, 'text/plain']);
  return String(body).split('\n');
}

it.each([
  ['by its tag', { tags: { 'kuma.io/service': 'backend' } }, {}, 'backend'],
  [
    'as a subset',
    { tags: { 'kuma.io/service': 'backend', 'kuma.io/protocol': 'http' } },
    {},
    expect.stringMatching(/^backend-[0-9a-f]{16}$/),
  ],
  [
    'as 2.14 calls a MeshService',
    { backendRef: { kind: 'MeshService', name: 'backend', port: 8080 } },
    {},
    'default_backend__zone-a_msvc_8080',
  ],
  [
    'as 3.0 calls it',
    { backendRef: { kind: 'MeshService', name: 'backend', port: 8080 } },
    { flavour: '3.0' as const },
    'kri_msvc_default_zone-a__backend_8080',
  ],
])('counts a request at the cluster, called %s', async (_, outbound, options, name) => {
  mesh = await Mesh.start(options);
  await mesh.service('backend');
  const port = await freePort();
  mesh.gateway([{ port, ...outbound }]);
  await mesh.sidecar().whenSettled();

  const raised = (text: readonly string[]) =>
    text.flatMap((line) => /^cluster\.(.+)\.upstream_rq_total: 1$/.exec(line)?.[1] ?? []);
  expect(raised(await stats())).toEqual(['kuma_envoy_admin']);
  await ask(port, { host: 'backend' });

  expect(raised(await stats())).toEqual([name]);
});

describe('behind a transparent proxy', () => {
  let outside: Server;
  beforeAll(async () => {
    outside = createServer((_request, response) => void response.end('hello'));
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => outside.close());

  it('counts what goes past the mesh', async () => {
    mesh = await Mesh.start();
    mesh.gateway([]);
    const port = await freePort();
    const there = `127.0.0.1:${(outside.address() as AddressInfo).port}`;
    await mesh.sidecar({ passthrough: new Map([[`127.0.0.1:${port}`, there]]) }).whenSettled();

    expect(await stats()).toContain('cluster.outbound_passthrough_ipv4.upstream_cx_total: 0');
    await ask(port, { host: 'x' }).catch(() => undefined);

    expect(await stats()).toContain('cluster.outbound_passthrough_ipv4.upstream_cx_total: 1');
  });
});

it('cannot be asked while the proxy is away', async () => {
  mesh = await Mesh.start();
  mesh.gateway([]);
  const sidecar = mesh.sidecar();
  await sidecar.whenSettled();
  sidecar.lose();

  const path = '/meshes/default/dataplanes/kong-01/stats';
  expect((await send(mesh.controlPlane.url, path)).status).toBe(500);
});
