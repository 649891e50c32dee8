/** What the demo plays with: an embedded world, and the real plugin server and daemon beside it. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startNode, type Child } from '../child';
import { eventually } from '../eventually';
import type { PluginInfoDocument } from '../gateway/plugin-client/plugin-info';
import { register, type Registration } from '../services/register';
import { startService, type Service } from '../services/service';
import { startWorld, type World } from '../world';

/** Where the compiled programs are, and the example configuration they run on. */
const root = join(__dirname, '..', '..', '..');
/** As compiled; a package holds the bundle alone. */
const [compiled = '', bundled = ''] = ['daemon/cli/main.js', 'bundle/kong-meshd.mjs'].map((file) =>
  join(root, 'dist', file),
);
const cli = existsSync(compiled) ? compiled : bundled;
const kongFile = join(root, 'kong.yml');

/** Where the page is, unless somebody else is there. */
const pagePort = 9650;

export interface Running {
  readonly service: Service;
  readonly registration: Registration;
}

export interface Scene {
  readonly world: World;
  readonly configFile: string;
  /** The project's kong.yml, but for the port of the service outside of the mesh. */
  readonly kongFile: string;
  readonly pageUrl: string;
  /** Starts one instance of a service and registers it in the mesh. */
  start(name: string, instance: string): Promise<Running>;
  /** Takes an instance out of the mesh and ends it. */
  end(running: Running): Promise<void>;
  startPluginServer(): Promise<Child>;
  startDaemon(): Child;
  stop(): Promise<void>;
}

export async function openScene(): Promise<Scene> {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'plugin-info']);
  // On any port: another demo may run beside.
  const crm = await startService({ name: 'crm', instance: 'outside' });
  const world = await startWorld({
    pluginInfo: JSON.parse(stdout) as PluginInfoDocument,
    // A service that is gone is forgotten at once here; a real control plane keeps it for an hour.
    controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0, mtls: true },
    sidecar: { listenMs: 200, closeMs: 300 },
    hosts: { 'crm.internal': '127.0.0.1' },
  }).catch(async (error: unknown) => {
    await crm.stop();
    throw error;
  });
  world.controlPlane.put(permissionFor('kong'));
  const configFile = join(world.folder, 'kong-meshd.yaml');
  const ownKongFile = join(world.folder, 'kong.yml');
  writeFileSync(
    ownKongFile,
    readFileSync(kongFile, 'utf8').replace('port: 8090', `port: ${crm.port}`),
  );
  const claim = await claimPorts().catch(async (error: unknown) => {
    await Promise.all([crm.stop(), world.stop()]);
    throw error;
  });
  const page = `127.0.0.1:${await freePort(claim.isFirst ? pagePort : 0)}`;
  writeFileSync(configFile, daemonConfig(world, ownKongFile, { page, ports: claim.ports }));
  const running = new Set<Running>();
  const children: Child[] = [];
  let stopping = false;
  const startProgram = (args: readonly string[]): Child => {
    if (stopping) throw new Error('the demo is ending');
    const child = startNode([cli, ...args]);
    children.push(child);
    return child;
  };
  return {
    world,
    configFile,
    kongFile: ownKongFile,
    pageUrl: `http://${page}/`,
    async start(name, instance) {
      const service = await startService({ name, instance });
      const started = {
        service,
        registration: register(world.controlPlane, service, { mode: 'api' }),
      };
      running.add(started);
      return started;
    },
    async end(started) {
      running.delete(started);
      started.registration.unregister();
      await started.service.stop();
    },
    async startPluginServer() {
      const { socket, snapshot } = world;
      const child = startProgram(['plugin-server', '--socket', socket, '--snapshot', snapshot]);
      await eventually('the plugin server listens', () => readable(socket));
      return child;
    },
    startDaemon: () => startProgram(['run', '--config', configFile]),
    async stop() {
      stopping = true;
      await Promise.all(children.map((child) => child.stop()));
      await Promise.all([...running, { service: crm }].map(({ service }) => service.stop()));
      await world.stop();
      claim.release();
    },
  };
}

/** The configuration a user would write, with the addresses of this world. */
function daemonConfig(
  world: World,
  kong: string,
  { page, ports }: { readonly page: string; readonly ports: string },
): string {
  return `mesh: default
sources:
  - kuma: { url: "${world.controlPlane.url}" }
kong:
  config: ${JSON.stringify(kong)}
  settle: 250ms # the script writes this file in one go
  target: { dbless: { url: "${world.admin.url}" } }
gateway:
  dataplane: kong-01
  service: kong
  outbounds: { address: 127.0.0.1, ports: ${ports} }
plugin:
  snapshot: ${JSON.stringify(world.snapshot)}
expose:
  - match: { name: "public-*" }
    routes:
      - name: "{name}"
        paths: ["/{name}"]
loop: { interval: 250ms }
status: { listen: "${page}" }
`;
}

/** The wanted port, or where it is taken any free one. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (wanted === 0) reject(error);
      else resolve(freePort(0));
    });
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

interface Claim {
  /** No other demo ran when it was made. */
  readonly isFirst: boolean;
  readonly ports: string;
  release(): void;
}

const highest = 30_000;

/**
 * Ports for the outbounds that no other demo uses: two that start at once would both find one free, and
 * answer for each other. Who holds the last port of a range has it; below the ephemeral ports of Linux.
 */
async function claimPorts(): Promise<Claim> {
  for (let first = highest; first >= 20_000; first -= 1_000) {
    const last = first + 999;
    const holder = createServer();
    const held = await new Promise<boolean>((resolve) => {
      holder.once('error', () => resolve(false));
      holder.listen(last, '127.0.0.1', () => resolve(true));
    });
    if (!held) continue;
    holder.unref();
    const isFirst = first === highest;
    return { isFirst, ports: `${first}-${last - 1}`, release: () => void holder.close() };
  }
  throw new Error('ports 20000 to 30999 of 127.0.0.1 are all taken: end other demos first');
}

/** What lets the gateway in: without it the mesh answers 403. */
function permissionFor(service: string) {
  return {
    type: 'MeshTrafficPermission',
    mesh: 'default',
    name: 'allow-gateway',
    spec: {
      targetRef: { kind: 'Mesh' },
      from: [
        {
          targetRef: { kind: 'MeshSubset', tags: { 'kuma.io/service': service } },
          default: { action: 'Allow' },
        },
      ],
    },
  };
}

function readable(path: string): true | undefined {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    // A socket is there but cannot be read as a file.
    return (error as NodeJS.ErrnoException).code === 'ENXIO' ? true : undefined;
  }
}
