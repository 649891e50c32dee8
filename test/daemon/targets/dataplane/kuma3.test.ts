import type { Outbound } from '../../../../sandbox/control-plane/resource';
import { freePort, Mesh } from '../../../sandbox/sidecar/harness';
import { codesOf, Driver, freeRange, type DriverOptions } from './driver';

describe.each(['3.x', '3.0'] as const)('outbounds under a control plane of %s', (flavour) => {
  let mesh: Mesh;
  let first: number;
  let ports: string;

  const start = async (refreshMs = 1_000): Promise<void> => {
    mesh = await Mesh.start({ flavour, refreshMs, mtls: true });
    ({ first, ports } = await freeRange(3));
    await mesh.service('orders');
    await mesh.service('users');
    gateway([]);
  };

  afterEach(() => mesh.stop());

  function gateway(outbound: readonly Outbound[], labels = WORKLOAD): void {
    const networking = { address: '127.0.0.1', outbound };
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      labels,
      networking,
    });
  }

  function driver(outbounds: Record<string, unknown> = {}, parts: Partial<DriverOptions> = {}) {
    const config = { outbounds: { ports, grace: '0s', ...outbounds } };
    return new Driver({ url: mesh.controlPlane.url, config, ...parts });
  }

  const stored = (): readonly Outbound[] =>
    (mesh.controlPlane.get('Dataplane', 'kong-01') as any).networking.outbound;

  it('names services by labels, with their zone', async () => {
    await start();
    mesh.sidecar();

    const { switched } = await driver().pass(['orders']);

    expect(switched).toEqual({ orders: `127.0.0.1:${first}` });
    expect(stored().map(({ backendRef }) => backendRef)).toEqual([
      {
        kind: 'MeshService',
        labels: { 'kuma.io/display-name': 'orders', 'kuma.io/zone': 'zone-a' },
        port: 8080,
      },
    ]);
  });

  it.each(['connect', 'control-plane'])(
    'switches no sooner than it listens, by %s',
    async (wait) => {
      await start();
      const sidecar = mesh.sidecar({ listenMs: 600 });

      const { switched } = await driver({ wait }).pass(['orders']);

      expect(switched).toEqual({ orders: `127.0.0.1:${first}` });
      expect(sidecar.listening).toEqual([`127.0.0.1:${first}`]);
    },
  );

  it.each(['connect', 'control-plane'])(
    'waits for the interval of the proxies, by %s',
    async (wait) => {
      await start(1_500);
      mesh.sidecar({ listenMs: 1_400 });

      const { failures, switched } = await driver({ wait, waitFor: '300ms' }).pass(['orders']);

      expect(failures).toEqual([]);
      expect(switched).toEqual({ orders: `127.0.0.1:${first}` });
    },
  );

  it.each(['connect', 'control-plane'])(
    'does not switch without an identity, by %s',
    async (wait) => {
      await start();
      gateway([], {});
      mesh.sidecar();

      const { failures, switched } = await driver({ wait, waitFor: '200ms' }).pass(['orders']);

      expect(codesOf({ failures })).toEqual(['DATAPLANE_NO_WORKLOAD', 'DATAPLANE_NOT_CONFIGURED']);
      expect(failures[1]?.message).toContain('kuma.io/workload');
      expect(switched).toBeUndefined();
    },
  );

  it('uses the outbound that the user has, and adds none to the same destination', async () => {
    await start();
    const port = await freePort();
    gateway([{ port, backendRef: ORDERS }]);
    mesh.sidecar();

    const { switched, writes } = await driver().pass(['orders']);

    expect(switched).toEqual({ orders: `127.0.0.1:${port}` });
    expect(writes).toBe(0);
  });

  it('goes over to an outbound that the user adds later, and takes its own away', async () => {
    await start();
    const sidecar = mesh.sidecar();
    const daemon = driver({ grace: '1h' });
    await daemon.pass(['orders']);
    const port = await freePort();
    gateway([...stored(), { port, backendRef: ORDERS }]);

    const { switched, failures } = await daemon.pass(['orders']);
    await sidecar.whenSettled();

    expect(failures).toEqual([]);
    expect(switched).toEqual({ orders: `127.0.0.1:${port}` });
    expect(stored().map((outbound) => outbound.port)).toEqual([port]);
    expect(sidecar.listening).toEqual([`127.0.0.1:${port}`]);
  });

  it('keeps its own where that is the one that listens, and says which does not', async () => {
    await start();
    mesh.sidecar();
    const daemon = driver();
    await daemon.pass(['orders']);
    const port = await freePort();
    gateway([{ port, backendRef: ORDERS }, ...stored()]);

    const { switched, failures, writes } = await daemon.pass(['orders']);

    expect(switched).toEqual({ orders: `127.0.0.1:${first}` });
    expect(writes).toBe(0);
    expect(failures).toMatchObject([
      { code: 'DATAPLANE_DESTINATION_TWICE', message: expect.stringContaining(String(port)) },
    ]);
  });

  it('leaves a link where it is when a listener that worked is late', async () => {
    await start();
    const sidecar = mesh.sidecar();
    const daemon = driver({ waitFor: '100ms' });
    await daemon.pass(['orders']);
    const before = stored();
    gateway([]);
    await daemon.plan([]);
    await sidecar.whenSettled();
    sidecar.setPace({ listenMs: 5_000 });
    gateway(before);

    const late = await daemon.pass(['orders']);
    const after = await daemon.pass(['orders']);

    expect(codesOf(late)).toEqual(['DATAPLANE_LISTENER_LATE']);
    expect(after.switched).toEqual({ orders: `127.0.0.1:${first}` });
  });
});

it('adds nothing where gateways reach a service by different outbounds', async () => {
  const mesh = await Mesh.start({ flavour: '3.x' });
  await mesh.service('orders');
  const port = await freePort();
  const outbounds = { 'kong-01': [{ port, backendRef: ORDERS }], 'kong-02': [] };
  for (const [name, outbound] of Object.entries(outbounds)) {
    const networking = { address: '127.0.0.1', outbound };
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name,
      labels: WORKLOAD,
      networking,
    });
  }

  const daemon = new Driver({ url: mesh.controlPlane.url, dataplane: ['kong-01', 'kong-02'] });
  const plan = await daemon.plan(['orders']);
  await mesh.stop();

  expect(plan.expanding).toEqual([]);
  expect(plan.failures).toMatchObject([
    { code: 'DATAPLANE_NO_FORM', message: expect.stringContaining('kong-01 reaches it at') },
  ]);
});

const WORKLOAD: Record<string, string> = { 'kuma.io/workload': 'kong' };
const ORDERS = { kind: 'MeshService', name: 'orders', port: 8080 };
