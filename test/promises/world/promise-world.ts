/** A mesh, its gateways, the daemon and the plugin server in one process, with all that can go wrong around them. */
import { copyFile, link, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  closeSnapshotWatches,
  sharedSnapshotWatches,
} from '../../../plugin/mesh-upstream/snapshot-watch';
import { meshUpstreamClass, pluginInfo } from '../../../plugin-server/info';
import { startPluginServer, type PluginServer } from '../../../plugin-server/server';
import { startSidecar, type Sidecar } from '../../../sandbox/sidecar/sidecar';
import type { PluginInfoDocument } from '../../../sandbox/gateway/plugin-client/plugin-info';
import { startService, type Service } from '../../../sandbox/services/service';
import { startWorld, type World } from '../../../sandbox/world';
import { startFaultyProxy, type FaultyProxy } from '../../faults/world/faulty-proxy';
import { openGatewayClient, type ClientAnswer } from '../../support/gateway-client';
import { render } from '../model/render';
import type { Version } from '../model/version';
import { openBackends, type Backends } from './backends';
import { openDaemon, type InProcessDaemon, type Sabotage } from './daemon';
import { startFarGateway } from './far-gateway';
import { startSecondOwner, type SecondOwner } from './second-owner';
import { daemonSettings, placesIn, type Places, type WorldSettings } from './settings';

export interface PromiseWorld {
  readonly settings: WorldSettings;
  readonly sandbox: World;
  readonly places: Places;
  readonly backends: Backends;
  /** Between the daemon and the control plane. */
  readonly kuma: FaultyProxy;
  /** Between the daemon and Kong's Admin API. */
  readonly kong: FaultyProxy;
  readonly outboundAddress: string;
  readonly daemon: InProcessDaemon;
  readonly sidecarRuns: boolean;
  /** Of the gateway on another machine, where there is one. */
  readonly farSidecar: Sidecar | undefined;
  /** On a Kong that is shared by tags. */
  readonly second: SecondOwner | undefined;
  /** Puts a version, or any other bytes, in the place of kong.yml. */
  writeFile(content: Version | Buffer): Promise<void>;
  /** Writes into the file that is there, as a copy under way does: a rename would say that it is whole. */
  writeInPlace(content: Buffer): Promise<void>;
  /** Another daemon of the same configuration takes over; what it remembers is the state file. */
  restartDaemon(): void;
  /** Another daemon beside it that knows nothing: what `kong-meshd diff` is. */
  stranger(): InProcessDaemon;
  /** A Kong without a database comes back without a configuration. */
  restartKong(): Promise<void>;
  startSidecar(): void;
  stopSidecar(): Promise<void>;
  restartPluginServer(): Promise<void>;
  /** The plugin's mount holds on to the file that is there now, whatever replaces it. */
  cutOffSnapshot(): Promise<void>;
  joinSnapshot(): Promise<void>;
  /** Resolves once the plugin has read what it can see. */
  pluginReads(): Promise<void>;
  /** With the file target: what a pipeline does with the output, whenever it gets to it. */
  deployOutput(): Promise<void>;
  /** @param far of the gateway on the other machine, where there is one. */
  ask(path: string, key: string | undefined, far: boolean): Promise<ClientAnswer>;
  stop(): Promise<void>;
}

const pace = { listenMs: 20, closeMs: 20, identityMs: 20, drainMs: 100, reconnectMs: 200 } as const;
/** How many worlds there may be at once on this machine: each has loopback addresses of its own. */
const mostWorlds = 250;

/** The first loopback addresses that nobody has, whatever else runs here, and who stands there from now on. */
async function takePlace(): Promise<{ readonly index: number; readonly crm: Service }> {
  for (let index = 0; ; index++) {
    try {
      const crm = await startService({ name: 'crm.internal', host: crmAddress(index), port: 8090 });
      return { index, crm };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || index === mostWorlds - 1) throw error;
    }
  }
}

export async function startPromiseWorld(
  settings: WorldSettings,
  sabotage?: Sabotage,
): Promise<PromiseWorld> {
  const { index, crm } = await takePlace();
  const outboundAddress = `127.83.${index}.1`;
  const sandbox = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0, deregistrationMs: 50 },
    sidecar: pace,
    hosts: { 'crm.internal': crmAddress(index) },
    kong: settings.target === 'admin' ? 'db' : 'dbless',
    workers: 1,
  });
  const places = placesIn(sandbox.folder);
  const [kuma, kong] = await Promise.all([
    startFaultyProxy(sandbox.controlPlane.url),
    startFaultyProxy(sandbox.admin.url),
  ]);
  const endpoints = { kumaUrl: kuma.url, kongUrl: kong.url, outboundAddress };
  const configured = daemonSettings(settings, places, endpoints);
  const view = join(sandbox.folder, 'mounted.json');
  await symlink(places.snapshot, view);
  process.env['KONG_MESHD_SNAPSHOT'] = view;
  const backends = openBackends(sandbox.controlPlane);
  const client = openGatewayClient({ timeoutMs: 5_000, maxSockets: 8 });
  const selectTags = settings.tagged ? ['edge'] : [];

  const far = settings.gateways === 2 ? await startFarGateway(sandbox, index) : undefined;
  let sidecar: Sidecar | undefined = sandbox.sidecar;
  const second = settings.tagged ? await startSecondOwner(sandbox) : undefined;
  let daemon = openDaemon(configured, sabotage);
  let pluginServer = await listen();
  let cutOff = false;

  function listen(): Promise<PluginServer> {
    return startPluginServer({
      socket: sandbox.socket,
      plugins: [meshUpstreamClass()],
      log: { write: () => undefined, limited: () => undefined },
    });
  }

  return {
    settings,
    sandbox,
    places,
    backends,
    kuma,
    kong,
    second,
    outboundAddress,
    get daemon() {
      return daemon;
    },
    get sidecarRuns() {
      return sidecar !== undefined;
    },
    async writeFile(content) {
      const bytes = Buffer.isBuffer(content) ? content : render(content, { selectTags });
      const temporary = `${places.kongFile}.new`;
      await writeFile(temporary, bytes);
      await rename(temporary, places.kongFile);
    },
    writeInPlace: (content) => writeFile(places.kongFile, content),
    restartDaemon() {
      daemon.close();
      daemon = openDaemon(configured, sabotage);
    },
    stranger: () => openDaemon({ ...configured, stateFile: undefined }, sabotage),
    get farSidecar() {
      return far?.sidecar;
    },
    async restartKong() {
      await sandbox.restartKong(20);
      await far?.follow();
    },
    startSidecar() {
      const { controlPlane } = sandbox;
      sidecar ??= startSidecar({ controlPlane, name: 'kong-01', mode: 'api', ...pace });
    },
    async stopSidecar() {
      const stopping = sidecar;
      sidecar = undefined;
      await stopping?.stop();
    },
    async restartPluginServer() {
      await pluginServer.close(0);
      await closeSnapshotWatches();
      pluginServer = await listen();
    },
    async cutOffSnapshot() {
      if (cutOff) return;
      cutOff = true;
      await rm(view, { force: true });
      await link(places.snapshot, view).catch(() => copyFile(places.snapshot, view));
    },
    async joinSnapshot() {
      if (!cutOff) return;
      cutOff = false;
      await rm(view, { force: true });
      await symlink(places.snapshot, view);
    },
    async pluginReads() {
      await Promise.all([...sharedSnapshotWatches().values()].map((watch) => watch.refresh()));
    },
    async deployOutput() {
      const config = await readFile(places.output, 'utf8').catch(() => undefined);
      if (config === undefined) return;
      await fetch(`${sandbox.admin.url}/config`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ config }),
      });
    },
    ask: (path, key, isFar) =>
      client.ask(`${(isFar && far?.gateway.proxyUrl) || sandbox.gateway.proxyUrl}${path}`, key),
    async stop() {
      client.close();
      daemon.close();
      second?.close();
      await far?.stop();
      await pluginServer.close(0);
      await closeSnapshotWatches();
      await Promise.all([backends.stop(), sidecar?.stop(), kuma.stop(), kong.stop()]);
      await sandbox.stop();
      // Last: then the place is free.
      await crm.stop();
    },
  };
}

/** Outside of the mesh. */
function crmAddress(index: number): string {
  return `127.83.${index}.2`;
}
