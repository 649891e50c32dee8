import { ask, eventually, freePort, Mesh } from './harness';

const BACKEND = { 'kuma.io/service': 'backend' };

describe('a sidecar that follows its Dataplane', () => {
  let mesh: Mesh;

  beforeEach(async () => {
    mesh = await Mesh.start({ mtls: true });
  });

  afterEach(() => mesh.stop());

  it('listens after its delay, not before', async () => {
    const port = await freePort();
    mesh.gateway([{ port, tags: BACKEND }]);
    const sidecar = mesh.sidecar({ listenMs: 200 });
    const before = sidecar.listening;

    await sidecar.whenSettled();

    expect(before).toEqual([]);
    expect(sidecar.listening).toEqual([`127.0.0.1:${port}`]);
  });

  it('opens and closes listeners as outbounds come and go', async () => {
    const [first, second] = [await freePort(), await freePort()];
    mesh.gateway([{ port: first, tags: BACKEND }]);
    const sidecar = mesh.sidecar();
    await sidecar.whenSettled();
    mesh.gateway([{ port: second, tags: BACKEND }]);

    await sidecar.whenSettled();

    expect(sidecar.listening).toEqual([`127.0.0.1:${second}`]);
  });

  it('listens once where two outbounds have one port', async () => {
    const port = await freePort();
    mesh.gateway([
      { port, tags: BACKEND },
      { port, tags: { 'kuma.io/service': 'web' } },
    ]);
    const sidecar = mesh.sidecar();

    await sidecar.whenSettled();

    expect(sidecar.listening).toEqual([`127.0.0.1:${port}`]);
  });

  it('switches an open listener to another service', async () => {
    const port = await freePort();
    await mesh.service('backend');
    await mesh.service('web');
    mesh.controlPlane.put(ALLOW('kong'));
    mesh.gateway([{ port, tags: BACKEND }]);
    const sidecar = mesh.sidecar();
    await sidecar.whenSettled();
    mesh.gateway([{ port, tags: { 'kuma.io/service': 'web' } }]);
    await sidecar.whenSettled();

    const reply = await ask(port);

    expect(reply.body.service).toBe('web');
  });

  it('keeps its last configuration when its Dataplane is deleted', async () => {
    const port = await freePort();
    await mesh.service('backend');
    mesh.controlPlane.put(ALLOW('kong'));
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();
    mesh.controlPlane.delete('Dataplane', 'kong-01');
    // Longer than a removed listener would live.
    await new Promise((resolve) => setTimeout(resolve, 100));

    const reply = await ask(port);

    expect(reply.status).toBe(200);
  });

  it('reports an address it cannot listen on', async () => {
    const taken = await mesh.service('backend');
    mesh.gateway([{ port: taken.port, tags: BACKEND }]);
    const sidecar = mesh.sidecar();

    await sidecar.whenSettled();

    expect(sidecar.failures.get(`127.0.0.1:${taken.port}`)).toContain('EADDRINUSE');
  });

  it('after a rename keeps the old identity on pooled connections until it restarts', async () => {
    const port = await freePort();
    await mesh.service('backend');
    mesh.controlPlane.put(ALLOW('kong'));
    mesh.gateway([{ port, tags: BACKEND }], 'kong-new');
    const sidecar = mesh.sidecar();
    await sidecar.whenSettled();
    const denied = await ask(port);

    mesh.gateway([{ port, tags: BACKEND }], 'kong');
    await eventually(
      () => sidecar.identity,
      (identity) => identity === 'spiffe://default/kong',
    );
    const stillDenied = await ask(port);
    await sidecar.restart();
    await sidecar.whenSettled();
    const allowed = await ask(port);

    expect([denied.status, stillDenied.status, allowed.status]).toEqual([403, 403, 200]);
  });

  it('after a rename uses the new identity at once for a new destination', async () => {
    const [first, second] = [await freePort(), await freePort()];
    await mesh.service('backend');
    await mesh.service('web');
    mesh.controlPlane.put(ALLOW('kong'));
    mesh.gateway([{ port: first, tags: BACKEND }], 'kong-new');
    const sidecar = mesh.sidecar();
    await sidecar.whenSettled();
    const denied = await ask(first);
    const web = { port: second, tags: { 'kuma.io/service': 'web' } };
    mesh.gateway([{ port: first, tags: BACKEND }, web], 'kong');
    await sidecar.whenSettled();

    const pooled = await ask(first);
    const fresh = await ask(second);

    expect([denied.status, pooled.status, fresh.status]).toEqual([403, 403, 200]);
  });

  it('is not let in again under a name its token does not allow', async () => {
    const port = await freePort();
    mesh.gateway([{ port, tags: BACKEND }], 'kong');
    const sidecar = mesh.sidecar({ tokenServices: ['kong'] });
    await sidecar.whenSettled();
    mesh.gateway([{ port, tags: BACKEND }], 'kong-new');
    await sidecar.whenSettled();
    const live = { listening: sidecar.listening, identity: sidecar.identity };

    await sidecar.restart();

    expect(live).toEqual({
      listening: [`127.0.0.1:${port}`],
      identity: 'spiffe://default/kong-new',
    });
    expect(sidecar.listening).toEqual([]);
    expect(sidecar.refusal).toContain('value kong-new which is not allowed with this token');
    await expect(sidecar.whenSettled()).rejects.toThrow('not allowed');
  });

  it('comes back from a file with what the file says', async () => {
    const [own, patched] = [await freePort(), await freePort()];
    const spec = {
      networking: {
        address: '127.0.0.5',
        gateway: { tags: { 'kuma.io/service': 'kong' } },
        outbound: [{ port: own, tags: BACKEND }],
      },
    };
    const sidecar = mesh.sidecar({ mode: 'file', spec });
    await sidecar.whenSettled();
    mesh.gateway([{ port: patched, tags: BACKEND }]);
    await sidecar.whenSettled();
    const live = sidecar.listening;

    sidecar.cut();
    await sidecar.whenSettled();

    expect(live).toEqual([`127.0.0.1:${patched}`]);
    expect(sidecar.listening).toEqual([`127.0.0.1:${own}`]);
  });
});

function ALLOW(service: string) {
  const from = [
    { targetRef: { kind: 'MeshService', name: service }, default: { action: 'Allow' } },
  ];
  const spec = { targetRef: { kind: 'Mesh' }, from };
  return { type: 'MeshTrafficPermission', mesh: 'default', name: `allow-${service}`, spec };
}
