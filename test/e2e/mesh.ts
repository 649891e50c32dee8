/** The mesh over the control plane's own API, and the backends of the suite behind it. */
import type { AddressInfo, Server } from 'node:net';

import { eventually } from '../../sandbox/eventually';
import { createBothServer } from './both-protocols';
import type { Environment } from './environment';

/** What a backend answers with: who it is, and what reached it. */
export interface BackendAnswer {
  readonly service: string;
  readonly instance: string;
  readonly host: string;
  readonly path: string;
}

export interface Backend {
  readonly service: string;
  readonly instance: string;
  readonly address: string;
  readonly port: number;
  /** Takes it out of the mesh, and ends it once no request comes any more. */
  end(): Promise<void>;
}

export interface Mesh {
  /** Lets every workload call every other: from 3.0 on nothing is permitted by itself. */
  permitGateway(): Promise<void>;
  /** Starts an instance and registers it. Of one service they share a port as long as there are addresses. */
  start(service: string, instance: string): Promise<Backend>;
  /** A backend that the mesh does not know, at any address. */
  startOutside(name: string, address: string, port?: number): Promise<Backend>;
  /** Host names that the mesh gives a service. */
  hostnamesOf(service: string): Promise<readonly string[]>;
  /** Outbounds on the gateway's Dataplane. */
  outbounds(): Promise<readonly { readonly port: number }[]>;
  /** Ends every backend. */
  stop(): Promise<void>;
}

/** Requests may be on their way to an instance after the mesh has forgotten it. */
const idleMs = 300;

/** Twice the interval at which a control plane generates MeshServices. */
const generatorMs = 4_000;

export function openMesh(environment: Environment): Mesh {
  const { kumaUrl, backendHosts, byWorkload, gatewayDataplane, sandbox } = environment;
  const running = new Set<Backend>();
  const base = `${kumaUrl}/meshes/default`;

  async function listen(
    service: string,
    instance: string,
    at: string,
    port: number,
    onRequest: () => void,
  ) {
    const both = createBothServer(({ host, path }): BackendAnswer => {
      onRequest();
      return { service, instance, host, path };
    });
    const { server } = both;
    // An address of this machine that is not its own (a name of the host seen from a container).
    await bind(server, at, port).catch(() => bind(server, '0.0.0.0', port));
    return both;
  }

  async function open(service: string, instance: string, address: string, port = 0) {
    let lastMs = 0;
    const both = await listen(service, instance, address, port, () => {
      lastMs = performance.now();
    });
    const backend: Backend = {
      service,
      instance,
      address,
      port: (both.server.address() as AddressInfo).port,
      async end() {
        running.delete(backend);
        await call('DELETE', `${base}/dataplanes/${service}-${instance}`);
        const others = [...running].some((other) => other.service === service);
        if (!others) await forget(service);
        await eventually('no request comes any more', () =>
          performance.now() - lastMs > idleMs ? true : undefined,
        );
        await both.close();
      },
    };
    running.add(backend);
    return backend;
  }

  /**
   * A control plane keeps the MeshService of a service that is gone for an hour. A real one makes it
   * anew as well, as long as its generator has not yet seen that the Dataplane is gone.
   */
  async function forget(service: string): Promise<void> {
    const url = `${base}/meshservices/${service}`;
    await call('DELETE', url);
    if (sandbox) return;
    let goneSinceMs = performance.now();
    await eventually(`${service} is forgotten`, async () => {
      const { status } = await fetch(url, { signal: AbortSignal.timeout(10_000) });
      if (status !== 404) {
        await call('DELETE', url);
        goneSinceMs = performance.now();
      }
      return performance.now() - goneSinceMs > generatorMs ? true : undefined;
    });
  }

  return {
    async permitGateway() {
      if (!byWorkload) return;
      const allow = [{ spiffeID: { type: 'Prefix', value: 'spiffe://default.' } }];
      const type = 'MeshTrafficPermission';
      const spec = { targetRef: { kind: 'Mesh' }, rules: [{ default: { allow } }] };
      const url = `${base}/meshtrafficpermissions/e2e`;
      await call('PUT', url, { type, mesh: 'default', name: 'e2e', spec });
    },
    async start(service, instance) {
      const siblings = [...running].filter((other) => other.service === service);
      const taken = new Set(siblings.map(({ address }) => address));
      const free = backendHosts.find((host) => !taken.has(host));
      const address = free ?? backendHosts[0] ?? '127.0.0.1';
      const port = free === undefined ? 0 : (siblings[0]?.port ?? 0);
      const backend = await open(service, instance, address, port);
      const tags = { 'kuma.io/service': service, 'kuma.io/protocol': 'http' };
      const protocol = byWorkload ? { protocol: 'http' } : { tags };
      await call('PUT', `${base}/dataplanes/${service}-${instance}`, {
        type: 'Dataplane',
        mesh: 'default',
        name: `${service}-${instance}`,
        labels: { 'kuma.io/workload': service },
        networking: { address, inbound: [{ port: backend.port, ...protocol }] },
      });
      return backend;
    },
    startOutside: (name, address, port) => open(name, 'outside', address, port),
    async hostnamesOf(service) {
      const { status } = (await read(`${base}/meshservices/${service}`)) as {
        status?: { addresses?: { hostname: string }[] };
      };
      return (status?.addresses ?? []).map(({ hostname }) => hostname);
    },
    async outbounds() {
      const dataplane = (await read(`${base}/dataplanes/${gatewayDataplane}`)) as {
        networking: { outbound?: { port: number }[] };
      };
      return dataplane.networking.outbound ?? [];
    },
    async stop() {
      await Promise.all([...running].map((backend) => backend.end()));
    },
  };
}

async function call(method: 'PUT' | 'DELETE', url: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  // What is not there, or not ours to delete, need not be deleted.
  if (response.ok || (method === 'DELETE' && response.status < 500)) return;
  throw new Error(`${method} ${url}: ${String(response.status)} ${text}`);
}

async function read(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`GET ${url}: ${String(response.status)}`);
  return response.json();
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
