import { Agent, createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { send } from '../control-plane/exchange';
import { ask, eventually, freePort, Mesh } from './harness';

const BACKEND = { 'kuma.io/service': 'backend' };
const TO_BACKEND = { kind: 'MeshService', name: 'backend', port: 8080 };

describe('what a client of the gateway sees', () => {
  let mesh: Mesh;
  let port: number;

  beforeEach(async () => {
    port = await freePort();
  });

  afterEach(() => mesh.stop());

  it.each([
    ['a service tag', { tags: BACKEND }],
    ['a MeshService by name', { backendRef: TO_BACKEND }],
    [
      'a MeshService by labels',
      {
        backendRef: {
          kind: 'MeshService',
          labels: { 'kuma.io/display-name': 'backend' },
          port: 8080,
        },
      },
    ],
    [
      'a MeshMultiZoneService by labels',
      {
        backendRef: {
          kind: 'MeshMultiZoneService',
          labels: { 'kuma.io/display-name': 'shop' },
          port: 8080,
        },
      },
    ],
  ])('an outbound by %s leads to the service, with the Host as it was', async (_, outbound) => {
    mesh = await Mesh.start();
    await mesh.service('backend');
    mesh.controlPlane.put({ ...SHOP });
    mesh.gateway([{ port, ...outbound }]);
    await mesh.sidecar().whenSettled();

    const reply = await ask(port, { host: 'shop.example.test' }, '/orders?id=1');

    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      service: 'backend',
      host: 'shop.example.test',
      path: '/orders?id=1',
    });
  });

  it.each([
    ['a MeshService nobody has', { kind: 'MeshService', name: 'ghost', port: 8080 }],
    ['a port the MeshService does not have', { ...TO_BACKEND, port: 9999 }],
    ['a MeshMultiZoneService by name', { kind: 'MeshMultiZoneService', name: 'shop', port: 8080 }],
  ])('a reference to %s makes no listener', async (_, backendRef) => {
    mesh = await Mesh.start();
    await mesh.service('backend');
    mesh.controlPlane.put({ ...SHOP });
    mesh.gateway([{ port, backendRef }]);
    const sidecar = mesh.sidecar();

    await sidecar.whenSettled();

    expect(sidecar.listening).toEqual([]);
    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('a subset tag picks the instances that have it exactly', async () => {
    mesh = await Mesh.start();
    await mesh.service('backend', 'a', { tags: { version: 'v1' } });
    await mesh.service('backend', 'b', { tags: { version: 'v10' } });
    mesh.gateway([{ port, tags: { ...BACKEND, version: 'v1' } }]);
    await mesh.sidecar().whenSettled();

    const replies = [await ask(port), await ask(port), await ask(port)];

    expect(replies.map((reply) => reply.body.instance)).toEqual(['a', 'a', 'a']);
  });

  it('instances take turns', async () => {
    mesh = await Mesh.start();
    await mesh.service('backend', 'a');
    await mesh.service('backend', 'b');
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();

    const replies = [await ask(port), await ask(port), await ask(port), await ask(port)];

    expect(replies.map((reply) => reply.body.instance)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('a MeshService whose last endpoint is gone is a 503 of 19 bytes', async () => {
    mesh = await Mesh.start();
    const backend = await mesh.service('backend', '1', { mode: 'api' });
    mesh.gateway([{ port, backendRef: TO_BACKEND }]);
    await mesh.sidecar().whenSettled();
    backend.unregister();

    const reply = await ask(port);

    expect(reply).toMatchObject({ status: 503, type: 'text/plain', body: 'no healthy upstream' });
  });

  it('a Dataplane that just died and is still listed is a 503 with the connect error', async () => {
    mesh = await Mesh.start({ deregistrationMs: 60_000 });
    const backend = await mesh.service('backend');
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();
    backend.unregister();
    await backend.stop();

    const reply = await ask(port);

    expect(reply.status).toBe(503);
    expect(reply.body).toMatch(
      /^upstream connect error or disconnect\/reset before headers\. retried and /,
    );
  });

  it('a dead instance among living ones is not seen', async () => {
    mesh = await Mesh.start({ deregistrationMs: 60_000 });
    const dead = await mesh.service('backend', 'a');
    await mesh.service('backend', 'b');
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();
    await dead.stop();

    const replies = [await ask(port), await ask(port), await ask(port)];

    expect(replies.map((reply) => reply.body.instance)).toEqual(['b', 'b', 'b']);
  });

  it('a tag nobody has resets the connection', async () => {
    mesh = await Mesh.start();
    mesh.gateway([{ port, tags: { 'kuma.io/service': 'ghost' } }]);
    await mesh.sidecar().whenSettled();

    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('a tag whose last Dataplane is gone resets the connection', async () => {
    mesh = await Mesh.start();
    const backend = await mesh.service('backend', '1', { mode: 'api' });
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();
    await ask(port);
    backend.unregister();

    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('without a permission mTLS denies with 403', async () => {
    mesh = await Mesh.start({ mtls: true });
    const backend = await mesh.service('backend');
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();

    const reply = await ask(port);

    expect(reply).toMatchObject({ status: 403, body: 'RBAC: access denied' });
    expect(backend.requests).toBe(0);
  });

  it.each([
    ['the mesh', { kind: 'Mesh' }, 200],
    ['the gateway by its service', { kind: 'MeshService', name: 'kong' }, 200],
    ['the gateway by a tag', { kind: 'MeshSubset', tags: { 'kuma.io/service': 'kong' } }, 200],
    ['another service', { kind: 'MeshService', name: 'web' }, 403],
  ])('a permission for %s is a matter of identity', async (_, from, status) => {
    mesh = await Mesh.start({ mtls: true });
    await mesh.service('backend');
    mesh.controlPlane.put(permission('some', from));
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();

    const reply = await ask(port);

    expect(reply.status).toBe(status);
  });

  it('shows the destination who called, and lets nobody claim it', async () => {
    mesh = await Mesh.start({ mtls: true });
    await mesh.service('backend');
    mesh.controlPlane.put(permission('all', { kind: 'Mesh' }));
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();

    const reply = await ask(port, { 'x-forwarded-client-cert': 'URI=spiffe://default/admin' });

    const header = reply.body.headers['x-forwarded-client-cert'];
    expect(header).toContain('By=spiffe://default/backend;');
    expect(header).toContain('URI=spiffe://default/kong;URI=kuma://kuma.io/service/kong');
    expect(header).not.toContain('admin');
  });

  it('streams: the first part arrives before the last is written', async () => {
    mesh = await Mesh.start();
    let finish: (() => void) | undefined;
    const streaming = createServer((_, response) => {
      response.write('first');
      finish = () => response.end('last');
    });
    const stop = await behindBackend(mesh, streaming);
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();
    const parts: string[] = [];

    const ended = new Promise<void>((resolve, reject) => {
      request({ host: '127.0.0.1', port, agent: false }, (response) => {
        response.on('data', (part: Buffer) => {
          parts.push(part.toString());
          finish?.();
        });
        response.on('end', resolve);
      })
        .on('error', reject)
        .end();
    });
    await ended;

    expect(parts).toEqual(['first', 'last']);
    await stop();
  });

  it('hands an upgraded connection through', async () => {
    mesh = await Mesh.start();
    const upgrading = createServer().on('upgrade', (_, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n',
      );
      socket.pipe(socket);
    });
    const stop = await behindBackend(mesh, upgrading);
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();

    const echoed = await new Promise<string>((resolve, reject) => {
      const headers = { connection: 'upgrade', upgrade: 'echo' };
      request({ host: '127.0.0.1', port, agent: false, headers })
        .on('upgrade', (_, socket) => {
          socket.once('data', (data: Buffer) => {
            socket.destroy();
            resolve(data.toString());
          });
          socket.write('ping');
        })
        .on('error', reject)
        .end();
    });

    expect(echoed).toBe('ping');
    await stop();
  });

  it('passes bytes through where the protocol is not HTTP', async () => {
    mesh = await Mesh.start();
    await mesh.service('backend', '1', { protocol: 'tcp' });
    mesh.gateway([{ port, tags: BACKEND }]);
    await mesh.sidecar().whenSettled();

    const reply = await ask(port);

    expect(reply.status).toBe(200);
    expect(reply.body.service).toBe('backend');
  });

  it('gives a removed listener up, and an open connection after its request', async () => {
    mesh = await Mesh.start();
    await mesh.service('backend');
    mesh.gateway([{ port, tags: BACKEND }]);
    const sidecar = mesh.sidecar({ drainMs: 60_000 });
    await sidecar.whenSettled();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await keepAliveRequest(agent, port);
    mesh.gateway([]);
    await sidecar.whenSettled();

    const connection = await keepAliveRequest(agent, port);

    expect(connection).toBe('close');
    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    agent.destroy();
  });

  it('is reachable by VIP where the control plane gives loopback ones', async () => {
    mesh = await Mesh.start({ loopbackVips: true });
    await mesh.service('backend');
    mesh.gateway([]);
    const sidecar = mesh.sidecar({ vips: true });
    await sidecar.whenSettled();

    const [vip = ''] = sidecar.listening;
    const reply = await eventually(
      () => askAddress(vip),
      (one) => one.status === 200,
    );

    expect(vip).toBe('127.241.0.0:8080');
    expect(reply.body.service).toBe('backend');
  });
});

const SHOP = {
  type: 'MeshMultiZoneService',
  mesh: 'default',
  name: 'shop',
  spec: {
    selector: { meshService: { matchLabels: { 'kuma.io/display-name': 'backend' } } },
    ports: [{ port: 8080, appProtocol: 'http' }],
  },
} as const;

/** Puts a server behind the service `backend`. Returns the way to stop it. */
async function behindBackend(mesh: Mesh, server: Server): Promise<() => Promise<void>> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: servicePort } = server.address() as AddressInfo;
  const tags = { ...BACKEND, 'kuma.io/protocol': 'http' };
  const inbound = [{ port: 8080, servicePort, serviceAddress: '127.0.0.1', tags }];
  const networking = { address: '127.0.0.1', inbound };
  mesh.controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'backend-1', networking });
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

function permission(name: string, targetRef: object) {
  const from = [{ targetRef, default: { action: 'Allow' } }];
  const spec = { targetRef: { kind: 'Mesh' }, from };
  return { type: 'MeshTrafficPermission', mesh: 'default', name, spec };
}

async function askAddress(address: string) {
  return await send(`http://${address}`, '/');
}

/** The `connection` header of the answer. */
async function keepAliveRequest(agent: Agent, port: number): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume().on('end', () => setImmediate(resolve, response.headers.connection));
    })
      .on('error', reject)
      .end();
  });
}
