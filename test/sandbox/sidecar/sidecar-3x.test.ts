import type { Outbound } from '../../../sandbox/control-plane/resource';
import { ask, eventually, freePort, Mesh } from './harness';
import { send } from '../control-plane/exchange';

const REF = { kind: 'MeshService', name: 'backend' };
const ID = 'spiffe://default.zone-a.mesh.local/workload';

describe('a sidecar under a control plane of 3.x', () => {
  let mesh: Mesh;
  let backendPort: number;

  beforeEach(async () => {
    mesh = await Mesh.start({ flavour: '3.x', mtls: true });
    await mesh.service('backend');
    backendPort = portOf('backend');
  });

  afterEach(() => mesh.stop());

  it('listens for the last of two outbounds to one destination', async () => {
    const [first, second] = [await freePort(), await freePort()];
    gateway([to(first), to(second)]);
    const sidecar = mesh.sidecar();

    await sidecar.whenSettled();

    expect(sidecar.listening).toEqual([`127.0.0.1:${second}`]);
  });

  it('has no configuration without a workload, and gets it with the label', async () => {
    const port = await freePort();
    gateway([to(port)], {});
    const sidecar = mesh.sidecar();
    const xds = await read('/xds');
    const overview = await read('/_overview');
    gateway([to(port)]);

    await sidecar.whenSettled();

    expect(xds.status).toBe(500);
    expect(overview.body.dataplaneInsight).toMatchObject({ subscriptions: [{}] });
    expect(overview.body.dataplaneInsight.mTLS).toBeUndefined();
    expect(sidecar.listening).toEqual([`127.0.0.1:${port}`]);
    expect(sidecar.identity).toBe(`${ID}/kong`);
  });

  it('shows in _config what is stored, and in xds what it listens on', async () => {
    const port = await freePort();
    gateway([to(port)]);
    const sidecar = mesh.sidecar({ listenMs: 300 });
    await eventually(
      () => sidecar.refusal,
      (refusal) => refusal === undefined,
    );

    const computed = await read('/_config');
    const before = await read('/xds');
    await sidecar.whenSettled();
    const after = await read('/xds');

    const name = `kri_msvc_default_zone-a__backend_${backendPort}`;
    expect(Object.keys(Object.values(computed.body.xds)[0] as object)).toEqual([name]);
    expect(before.body.configs[0].dynamic_listeners).toEqual([]);
    expect(after.body.configs[0].dynamic_listeners).toMatchObject([{ name }]);
  });

  it('keeps the identity of its certificate when the label changes, until it connects again', async () => {
    gateway([]);
    const sidecar = mesh.sidecar();
    await sidecar.whenSettled();
    gateway([], { 'kuma.io/workload': 'edge' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const held = sidecar.identity;
    sidecar.cut();

    await eventually(
      () => sidecar.identity,
      (identity) => identity === `${ID}/edge`,
    );

    expect(held).toBe(`${ID}/kong`);
  });

  it('is let in by its SPIFFE ID, and by nothing that names a service', async () => {
    const port = await freePort();
    gateway([to(port)]);
    const sidecar = mesh.sidecar();
    await sidecar.whenSettled();
    permit({ from: [{ targetRef: { kind: 'Mesh' }, default: { action: 'Allow' } }] });
    const byTag = await ask(port);
    permit({
      rules: [{ default: { allow: [{ spiffeID: { type: 'Exact', value: `${ID}/kong` } }] } }],
    });

    const byId = await ask(port);

    expect([byTag.status, byId.status]).toEqual([403, 200]);
  });

  it.each([
    [null, 'requires a workload-bound token'],
    ['other', 'the token is for workload "other"'],
  ])('is refused with a token for workload %s', async (tokenWorkload, reason) => {
    gateway([]);

    const sidecar = mesh.sidecar({ tokenWorkload });

    expect(sidecar.refusal).toContain(reason);
  });

  it('loses the listeners of tags with the upgrade, and has them back after a downgrade', async () => {
    mesh.controlPlane.become('2.14');
    const [byRef, byTag] = [await freePort(), await freePort()];
    gateway([to(byRef), { port: byTag, tags: { 'kuma.io/service': 'backend' } }]);
    const sidecar = mesh.sidecar();
    await sidecar.whenSettled();
    const before = sidecar.listening;
    mesh.controlPlane.become('3.x');
    await sidecar.whenSettled();
    const after = sidecar.listening;
    mesh.controlPlane.become('2.14');

    await sidecar.whenSettled();

    expect(before).toHaveLength(2);
    expect(after).toEqual([`127.0.0.1:${byRef}`]);
    expect(sidecar.listening).toEqual(before);
  });

  function to(port: number): Outbound {
    return { port, backendRef: { ...REF, port: backendPort } };
  }

  function portOf(name: string): number {
    const { spec } = mesh.controlPlane.get('MeshService', name) as any;
    return spec.ports[0].port;
  }

  function gateway(
    outbound: readonly Outbound[],
    labels: Record<string, string> = { 'kuma.io/workload': 'kong' },
  ): void {
    const networking = { address: '127.0.0.5', outbound };
    mesh.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      labels,
      networking,
    });
  }

  function permit(spec: object): void {
    mesh.controlPlane.put({ type: 'MeshTrafficPermission', mesh: 'default', name: 'p', spec });
  }

  async function read(below: string) {
    return await send(mesh.controlPlane.url, `/meshes/default/dataplanes/kong-01${below}`);
  }
});
