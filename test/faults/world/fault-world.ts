/** A mesh, a gateway, the daemon and the plugin server, with all that can be broken about them. */
import { readdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { pluginInfo } from '../../../plugin-server/info';
import type { Child } from '../../../sandbox/child';
import { eventually } from '../../../sandbox/eventually';
import type { PluginInfoDocument } from '../../../sandbox/gateway/plugin-client/plugin-info';
import { register, type Registration } from '../../../sandbox/services/register';
import { startService, type Service } from '../../../sandbox/services/service';
import { startSidecar, type Sidecar } from '../../../sandbox/sidecar/sidecar';
import { startWorld, type World } from '../../../sandbox/world';
import { startDaemon, startProgram, type Daemon, type DaemonOptions } from './daemon';
import { kongMeshdYaml, kongYmlFor, placesIn, type KongForm, type Places } from './configuration';
import { startFromFile } from './dataplane-file';
import { makeDisk, type Disk } from './disk';
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy';
import { followOutput } from './kong-reload';
import { openLifetime, type Lifetime } from './lifetime';
import type { Control } from './preload';
import { startSteadyClient, type SteadyClient } from './steady-client';
import { putUsersOwn } from './users-own';

export interface WorldOptions {
  readonly form: KongForm;
  /** The Dataplane belongs to the file that its proxy starts from. */
  readonly fileOwned?: boolean;
  /** The daemon is told of the plugin server's socket. */
  readonly looksAtPlugin?: boolean;
  /** Tells worlds apart that run at the same time: below 200. */
  readonly index: number;
}

export interface FaultWorld {
  readonly form: KongForm;
  readonly sandbox: World;
  readonly places: Places;
  readonly disk: Disk;
  /** Between the daemon and the control plane. */
  readonly kuma: FaultyProxy;
  /** Between the daemon and Kong's Admin API. */
  readonly kong: FaultyProxy;
  readonly client: SteadyClient;
  readonly sidecar: Sidecar;
  /** The one that runs, or ran last. */
  readonly daemon: Daemon;
  readonly pluginServer: Child;
  /** Files of the user that a trial put somewhere: path → content. */
  readonly keepsakes: Map<string, string>;
  /** Starts the daemon anew. Resolves when it has said that it runs. */
  startDaemon(control?: Control): Promise<Daemon>;
  /** Another daemon with the same configuration. */
  secondDaemon(): Promise<Daemon>;
  /** Beside the one that runs, or instead of it; whether it listens is not waited for. */
  startAnotherPluginServer(): Child;
  /** @param log where its log goes instead of to `stderr`. */
  startPluginServer(log?: string): Promise<Child>;
  startSidecar(): void;
  stopSidecar(): Promise<void>;
  startInstance(name: string): Promise<Instance>;
  /** Temporary files that somebody left behind. */
  leftovers(): Promise<readonly string[]>;
  /** Ends all of it; what a trial that goes on starts after that is ended at once. */
  stop(): Promise<void>;
}

export interface Instance {
  readonly service: Service;
  readonly registration: Registration;
  end(): Promise<void>;
}

const requestsPerSecond = 30;
const pace = { listenMs: 50, closeMs: 100, reconnectMs: 500 } as const;

/** @throws Error where something of it does not start; the rest has ended again by then. */
export async function startFaultWorld(options: WorldOptions): Promise<FaultWorld> {
  const life = openLifetime();
  try {
    return await startAll(options, life);
  } catch (error) {
    await life.end();
    throw error;
  }
}

async function startAll(
  { form, index, fileOwned = false, looksAtPlugin = false }: WorldOptions,
  life: Lifetime,
): Promise<FaultWorld> {
  const sandbox = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0, deregistrationMs: 50 },
    sidecar: pace,
    hosts: { 'crm.internal': `127.81.${index}.2` },
    kong: form === 'admin' ? 'db' : 'dbless',
  });
  life.own(() => sandbox.stop());
  const disk = await makeDisk(join(sandbox.folder, 'disk'));
  life.own(() => disk.remove());
  const places = placesIn(sandbox.folder, disk.folder);
  const [kuma, kong] = await Promise.all([
    startFaultyProxy(sandbox.controlPlane.url),
    startFaultyProxy(sandbox.admin.url),
  ]);
  life.own(() => Promise.all([kuma.stop(), kong.stop()]));
  await writeFile(places.kongFile, kongYmlFor(form));
  const outboundAddress = `127.81.${index}.1`;
  const urls = { kumaUrl: kuma.url, kongUrl: kong.url };
  const pluginSocket = looksAtPlugin ? sandbox.socket : undefined;
  const settings = { ...urls, form, outboundAddress, fileOwned, pluginSocket, places };
  await writeFile(places.configFile, kongMeshdYaml(settings));

  async function startInstance(name: string): Promise<Instance> {
    const service = await startService({ name });
    life.own(() => service.stop());
    const registration = register(sandbox.controlPlane, service, { mode: 'api' });
    return {
      service,
      registration,
      async end() {
        registration.unregister();
        await service.stop();
      },
    };
  }
  await startInstance('orders');
  await startInstance('payments');
  const crm = await startService({ name: 'crm', host: `127.81.${index}.2`, port: 8090 });
  life.own(() => crm.stop());
  await putUsersOwn(sandbox, form, outboundAddress);

  let sidecar = sandbox.sidecar;
  if (fileOwned) {
    await sidecar.stop();
    const file = { file: places.dataplaneFile, address: outboundAddress };
    sidecar = await startFromFile(file, sandbox.controlPlane, pace, life);
  }
  async function start(at: DaemonOptions): Promise<Daemon> {
    const started = await startDaemon(at);
    life.own(() => started.child.stop());
    return started;
  }
  let daemon = await start(places);
  let second: Daemon | undefined;
  const plugin = ['plugin-server', '--socket', sandbox.socket, '--snapshot', places.snapshot];
  function startAnotherPluginServer(log?: string): Child {
    const child = startProgram(plugin, places.controlFile, log);
    life.own(() => child.stop());
    return child;
  }
  async function startPluginServer(log?: string): Promise<Child> {
    const child = startAnotherPluginServer(log);
    await eventually('the plugin server listens', () => connects(sandbox.socket), 60_000);
    return child;
  }
  let pluginServer = await startPluginServer();
  if (form === 'file') life.repeat(50, followOutput(places.output, sandbox.admin.url));
  const paths = new Map([
    ['/orders', 'orders'],
    ['/payments', 'payments'],
    ['/crm', 'crm'],
  ]);
  const client = startSteadyClient(sandbox.gateway.proxyUrl, paths, requestsPerSecond);
  life.own(() => client.stop());

  return {
    form,
    sandbox,
    places,
    disk,
    kuma,
    kong,
    client,
    keepsakes: new Map(),
    get sidecar() {
      return sidecar;
    },
    get daemon() {
      return daemon;
    },
    get pluginServer() {
      return pluginServer;
    },
    async startDaemon(control) {
      await daemon.child.stop();
      daemon = await start({ ...places, ...(control ? { control } : {}) });
      await daemon.started();
      return daemon;
    },
    async secondDaemon() {
      await second?.child.stop();
      second = await start({ ...places, controlFile: `${places.controlFile}.2` });
      await second.started();
      return second;
    },
    async startPluginServer(log) {
      await pluginServer.stop();
      pluginServer = await startPluginServer(log);
      return pluginServer;
    },
    startAnotherPluginServer,
    startSidecar() {
      const { controlPlane } = sandbox;
      const started = startSidecar({ controlPlane, name: 'kong-01', mode: 'api', ...pace });
      life.own(() => started.stop());
      sidecar = started;
    },
    stopSidecar: () => sidecar.stop(),
    startInstance,
    async leftovers() {
      const files = [places.snapshot, places.stateFile, places.output, places.dataplaneFile];
      const names = new Set(files.map((file) => basename(file)));
      const all = await readdir(dirname(places.snapshot));
      return all.filter((name) => {
        const [, of = ''] = /^\.(.+)\.\d+\.[0-9a-f]+\.tmp$/.exec(name) ?? [];
        return names.has(of);
      });
    },
    stop: () => life.end(),
  };
}

export function connects(path: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });
}
