/**
 * A whole mesh and gateway on loopback: control plane, gateway with its sidecar, Admin API, services.
 * Openly a stand-in, for the demo, the tests and the benches; nothing that runs in production uses it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { startControlPlane, type ControlPlane } from './control-plane/control-plane';
import type { FlavourName } from './control-plane/flavour';
import type { ControlPlaneOptions } from './control-plane/options';
import type { DataplaneSpec } from './control-plane/resource';
import { startAdmin } from './gateway/admin/start-admin';
import type { AdminServer } from './gateway/admin/admin-server';
import { startGateway, type Gateway } from './gateway/gateway';
import { firstPlugin, type PluginInfoDocument } from './gateway/plugin-client/plugin-info';
import type { NamedField } from './gateway/entities/schema';
import type { HostTable } from './gateway/proxy/resolver';
import { startSidecar, type Sidecar, type SidecarOptions } from './sidecar/sidecar';

export interface WorldOptions {
  /** The description that `kong-meshd plugin-info` prints. */
  readonly pluginInfo: PluginInfoDocument;
  readonly controlPlane?: ControlPlaneOptions;
  /** Name of the gateway's Dataplane, which exists already, without outbounds. Default `kong-01`. */
  readonly dataplane?: string;
  /** Its `kuma.io/service`, or its workload under 3.x. Default `kong`. */
  readonly service?: string;
  readonly sidecar?: Partial<SidecarOptions>;
  /** Kong workers. Default 2. */
  readonly workers?: number;
  /** Names outside of the mesh that Kong can resolve. */
  readonly hosts?: HostTable;
  /** Whether Kong has a database. Default `dbless`. */
  readonly kong?: 'dbless' | 'db';
}

export interface World {
  /** A folder of its own, gone when the world stops. */
  readonly folder: string;
  /** Where the plugin server has to listen. */
  readonly socket: string;
  /** Where the daemon has to write the plugin's snapshot. */
  readonly snapshot: string;
  readonly controlPlane: ControlPlane;
  readonly sidecar: Sidecar;
  /** Of the Kong that runs now: `restartKong` replaces both. */
  readonly admin: AdminServer;
  readonly gateway: Gateway;
  /** Ends Kong and starts it again on the same ports after `downMs`, without any configuration. */
  restartKong(downMs: number): Promise<void>;
  /** Resolves when nothing listens any more and the folder is gone. */
  stop(): Promise<void>;
}

interface KongPorts {
  readonly admin: number;
  readonly proxy: number;
}

interface Kong {
  readonly admin: AdminServer;
  readonly gateway: Gateway;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const { pluginInfo, dataplane = 'kong-01', service = 'kong' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'kong-meshd-'));
  const socket = join(folder, 'mesh-upstream.socket');
  const controlPlane = await startControlPlane(options.controlPlane);
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: dataplane,
    ...gatewayOf(service, options.controlPlane?.flavour),
  });
  const sidecar = startSidecar({
    controlPlane,
    name: dataplane,
    mode: 'api',
    ...options.sidecar,
  });
  const plugin = firstPlugin(pluginInfo);
  const { fields } = plugin.Schema as { readonly fields: readonly NamedField[] };
  const startKong = async (ports: KongPorts): Promise<Kong> => {
    const admin = await startAdmin({
      mode: options.kong ?? 'dbless',
      port: ports.admin,
      extraPluginSchemas: [
        { name: plugin.Name, fields, priority: plugin.Priority, version: plugin.Version },
      ],
    });
    const gateway = await startGateway({
      feed: admin.feed,
      port: ports.proxy,
      workers: options.workers ?? 2,
      pluginServer: { socketPath: socket, info: pluginInfo },
      ...(options.hosts ? { resolve: options.hosts } : {}),
    });
    return { admin, gateway };
  };
  let kong = await startKong({ admin: 0, proxy: 0 });
  const ports = { admin: kong.admin.port, proxy: Number(new URL(kong.gateway.proxyUrl).port) };
  const stopKong = async (): Promise<void> => {
    await kong.gateway.stop();
    await kong.admin.stop();
  };
  return {
    folder,
    socket,
    snapshot: join(folder, 'catalog.json'),
    controlPlane,
    sidecar,
    get admin() {
      return kong.admin;
    },
    get gateway() {
      return kong.gateway;
    },
    async restartKong(downMs) {
      await stopKong();
      await wait(downMs);
      kong = await startKong(ports);
    },
    async stop() {
      await stopKong();
      await sidecar.stop();
      await controlPlane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A gateway in the form that the version has. */
function gatewayOf(service: string, flavour: FlavourName = '2.14'): DataplaneSpec {
  const address = '127.0.0.1';
  if (flavour !== '2.14') {
    return { labels: { 'kuma.io/workload': service }, networking: { address } };
  }
  const tags = { 'kuma.io/service': service };
  return { networking: { address, gateway: { type: 'DELEGATED', tags } } };
}
