import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlaneOptions } from '../../../sandbox/control-plane/options';
import { eventually } from '../sidecar/harness';
import { send } from './exchange';

describe('a control plane of another version, or a faulty one', () => {
  let controlPlane: ControlPlane;

  const start = async (options?: ControlPlaneOptions): Promise<void> => {
    controlPlane = await startControlPlane(options);
  };

  afterEach(() => controlPlane.stop());

  it('does not have the endpoints that were left out', async () => {
    await start({ omit: ['meshservices', 'hostnamegenerators'] });

    const replies = [
      await get('/meshes/default/meshservices'),
      await get('/hostnamegenerators'),
      await get('/meshes/default/dataplanes'),
    ];

    expect(replies.map(({ status }) => status)).toEqual([404, 404, 200]);
    expect(replies[0]?.body).toBe('404: Page Not Found');
  });

  it('makes no MeshServices in mode Disabled, and all of them once it is switched on', async () => {
    await start();
    controlPlane.seed({ services: 3 });
    const before = (await get('/meshes/default/meshservices')).body.total;
    controlPlane.put({ type: 'Mesh', name: 'default', meshServices: { mode: 'Exclusive' } });

    const after = (await get('/meshes/default/meshservices')).body.total;

    expect([before, after]).toEqual([0, 3]);
  });

  it('gives VIPs and host names later where generation takes its time', async () => {
    await start({ meshServices: 'Everywhere', generationMs: 50 });
    controlPlane.seed({ services: 1 });
    const atOnce = controlPlane.get('MeshService', 'svc-0');

    const status = await eventually(
      () => controlPlane.get('MeshService', 'svc-0')?.['status'] as any,
      (one) => one?.vips !== undefined,
    );

    expect(atOnce).toBeUndefined();
    expect(status.vips).toEqual([{ ip: '241.0.0.0' }]);
    expect(status.addresses[0].hostname).toBe('svc-0.svc.mesh.local');
  });

  it.each([
    [
      'a status',
      { status: 503, body: { title: 'gone' } },
      { status: 503, body: { title: 'gone' } },
    ],
    ['a body that is no JSON', { body: '<html>' }, { status: 200, body: '<html>' }],
  ])('answers with %s once, then as ever', async (_, fault, expected) => {
    await start();
    controlPlane.faults.next({ path: '/meshes', ...fault });

    const others = await get('/zones');
    const first = await get('/meshes');
    const second = await get('/meshes');

    expect(others.status).toBe(200);
    expect(first).toMatchObject(expected);
    expect(second.body.total).toBe(1);
  });

  it('resets connections as long as it is told to', async () => {
    await start();
    controlPlane.faults.next({ reset: true, times: 2 });

    const outcomes = [await outcome(), await outcome(), await outcome()];

    expect(outcomes).toEqual(['ECONNRESET', 'ECONNRESET', 200]);
  });

  it('hangs until it stops, and stops all the same', async () => {
    await start();
    controlPlane.faults.next({ hang: true });
    const hanging = outcome();
    await eventually(
      () => controlPlane.requests.count(),
      (count) => count === 1,
    );

    await controlPlane.stop();

    expect(await hanging).toBe('ECONNRESET');
  });

  async function get(path: string) {
    return await send(controlPlane.url, path);
  }

  async function outcome(): Promise<string | number> {
    return await get('/').then(
      ({ status }) => status,
      (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error),
    );
  }
});

describe('a control plane as the release of 3.0 is said to be', () => {
  let controlPlane: ControlPlane;

  beforeEach(async () => {
    controlPlane = await startControlPlane({ flavour: '3.0' });
  });

  afterEach(() => controlPlane.stop());

  it('drops the gateway block, and ignores the filter by it', async () => {
    const written = await put({ labels: { 'kuma.io/workload': 'kong' }, networking: GATEWAY });
    controlPlane.seed({ services: 1 });

    const shown = await get('/meshes/default/dataplanes/kong-01');
    const filtered = await get('/meshes/default/dataplanes?gateway=delegated');

    expect(written.status).toBe(201);
    expect(shown.body.networking).toEqual({ address: '127.0.0.5' });
    expect(filtered.body.total).toBe(2);
  });

  it('refuses reserved labels that it does not know', async () => {
    const labels = { 'kuma.io/workload': 'kong', 'kuma.io/gateway': 'true', app: 'edge' };

    const refused = await put({ labels, networking: GATEWAY });

    expect(refused.status).toBe(400);
    expect(refused.body.causes).toMatchObject([{ field: 'labels["kuma.io/gateway"]' }]);
  });

  it('has no service-insights and no default policies, and tells proxies every 10 s', async () => {
    const insights = await get('/meshes/default/service-insights');
    const retries = await get('/meshes/default/meshretries');
    const config = await get('/config');

    expect(insights.status).toBe(404);
    expect(retries.body.total).toBe(0);
    expect(config.body.xdsServer.dataplaneConfigurationRefreshInterval).toBe('10s');
  });

  it('keeps what it was told under another version until the next write', async () => {
    controlPlane.become('2.14');
    await put({ networking: GATEWAY });
    controlPlane.become('3.0');
    const inThree = (await get('/meshes/default/dataplanes/kong-01')).body;
    controlPlane.become('2.14');
    const back = (await get('/meshes/default/dataplanes/kong-01')).body;
    controlPlane.become('3.0');
    await put({ networking: inThree.networking });
    controlPlane.become('2.14');

    const lost = (await get('/meshes/default/dataplanes/kong-01')).body;

    expect(inThree.networking.gateway).toBeUndefined();
    expect(back.networking.gateway.tags['kuma.io/service']).toBe('kong');
    expect(lost.networking.gateway).toBeUndefined();
  });

  async function get(path: string) {
    return await send(controlPlane.url, path);
  }

  async function put(body: object) {
    const path = '/meshes/default/dataplanes/kong-01';
    const resource = { type: 'Dataplane', mesh: 'default', name: 'kong-01', ...body };
    return await send(controlPlane.url, path, { method: 'PUT' }, JSON.stringify(resource));
  }
});

const GATEWAY = { address: '127.0.0.5', gateway: { tags: { 'kuma.io/service': 'kong' } } };
