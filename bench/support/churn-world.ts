/**
 * An embedded mesh whose services come, move, go and change their names, and whose other parts can be
 * restarted; the daemon and the plugin server are processes beside it. Whatever becomes free (a
 * backend's port, a VIP, an outbound) goes to another service soon.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { pluginInfo } from '../../plugin-server/info';
import { bindSocket } from '../../sandbox/bound-socket';
import { startNode, type Child } from '../../sandbox/child';
import { eventually } from '../../sandbox/eventually';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { emptyConfigHash } from '../../sandbox/gateway/config-view';
import { startWorld, type World } from '../../sandbox/world';
import { kongConfig, daemonConfig } from './churn-config';
import { createPopulation, type Population } from './population';
import { countReuse, type Reuse } from './reuse';
import { sharedNow } from './shared-clock';
import { Timeline } from './timeline';
import { timeoutMs } from './load';

export interface ChurnWorld extends Population {
  readonly proxyUrl: string;
  /** Gone when the world stops. */
  readonly folder: string;
  readonly timeline: Timeline;
  readonly reuse: Reuse;
  readonly daemon: Child;
  /** The one that runs now. */
  readonly pluginServer: Child;
  /** Resolves when Kong has its first configuration and the plugin server listens. */
  whenReady(): Promise<void>;
  /** kill -9; the supervisor starts another on the same socket. Resolves when that one listens. */
  killPluginServer(): Promise<void>;
  /** Resolves when Kong has a configuration again. */
  restartKong(): Promise<void>;
  /** Resolves when the API answers again; the streams of the proxies come back later. */
  restartControlPlane(): Promise<void>;
  /** What the programs said, for a run that went wrong. */
  log(): string;
  stop(): Promise<void>;
}

export interface ChurnWorldOptions {
  readonly intervalMs: number;
  /** From a write to a listener. */
  readonly sidecarMs: number;
  /** For node, before the programs that are measured. */
  readonly preload?: readonly string[];
  readonly envOf?: (
    program: 'daemon' | 'pluginServer',
    folder: string,
  ) => Readonly<Record<string, string>>;
  /** Where the sidecar listens for Kong: one of its own for each world on the machine. */
  readonly outboundAddress: string;
  /** Of every MeshService: their VIPs would meet those of another world on the same port. */
  readonly meshPort: number;
}

const cli = join(__dirname, '..', '..', 'daemon', 'cli', 'main.js');
/** RestartSec of the unit in deploy/systemd. */
const restartSecMs = 100;
const kongDownMs = 500;
/** Longer than that, and the daemon does not heal it at all. */
const configuredMs = 120_000;
const controlPlaneDownMs = 1_000;

export async function startChurnWorld(options: ChurnWorldOptions): Promise<ChurnWorld> {
  const { intervalMs, sidecarMs, preload = [], envOf = () => ({}) } = options;
  const world = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: {
      meshServices: 'Everywhere',
      // Upstream an hour: here a service is gone a poll after its last instance.
      deletionGraceMs: intervalMs,
      loopbackVips: true,
      // Not while a request that began before may be under way: the load gives up after this time.
      vipRestMs: timeoutMs,
    },
    sidecar: {
      listenMs: sidecarMs,
      closeMs: sidecarMs,
      drainMs: 1_000,
      reconnectMs: 1_000,
      vips: true,
    },
  });
  const timeline = new Timeline();
  const reuse = countReuse(world);
  const population = createPopulation(world, timeline, reuse, options.meshPort);
  const configFile = join(world.folder, 'kong-meshd.yaml');
  const kongFile = join(world.folder, 'kong.yml');
  await writeFile(kongFile, kongConfig());
  await writeFile(configFile, daemonConfig(world, kongFile, options));
  const { socket, snapshot } = world;
  const bound = bindSocket(socket);
  const startPluginServer = (): Child =>
    startNode([...preload, cli, 'plugin-server', '--socket', socket, '--snapshot', snapshot], {
      env: envOf('pluginServer', world.folder),
      socket: bound.fd,
    });
  let pluginServer = startPluginServer();
  const daemon = startNode([...preload, cli, 'run', '--config', configFile], {
    env: envOf('daemon', world.folder),
  });
  const said: string[] = [];
  const log = (): string => [daemon.stderr, ...said, pluginServer.stderr].join('\n');
  return {
    ...population,
    proxyUrl: world.gateway.proxyUrl,
    folder: world.folder,
    timeline,
    reuse,
    daemon,
    get pluginServer() {
      return pluginServer;
    },
    async whenReady() {
      await untilConfigured(world);
      await untilListening(pluginServer);
    },
    async killPluginServer() {
      const over = timeline.outage('pluginServer', sharedNow());
      said.push(pluginServer.stderr);
      pluginServer.kill('SIGKILL');
      await pluginServer.exited;
      await wait(restartSecMs);
      pluginServer = startPluginServer();
      await untilListening(pluginServer);
      over(sharedNow());
    },
    async restartKong() {
      const over = timeline.outage('kong', sharedNow());
      await world.restartKong(kongDownMs);
      await untilConfigured(world);
      over(sharedNow());
    },
    async restartControlPlane() {
      await world.controlPlane.restart(controlPlaneDownMs);
    },
    log,
    async stop() {
      await Promise.all([daemon.stop(), pluginServer.stop()]);
      bound.close();
      await population.stopAll();
      await world.stop();
    },
  };
}

/** By its own word: a connection is taken by the kernel, whether anybody serves it or not. */
async function untilListening(server: Child): Promise<void> {
  const look = (): true | undefined => server.stderr.includes('"listening"') || undefined;
  await eventually('the plugin server listens', look, 30_000);
}

/** To the moment: a late look would excuse failures that nothing excuses. */
function untilConfigured({ admin: { feed } }: World): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (feed.current().hash === emptyConfigHash) return;
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(() => {
      unsubscribe();
      reject(new Error(`Kong got no configuration within ${String(configuredMs)} ms`));
    }, configuredMs);
    const unsubscribe = feed.onChange(look);
    look();
  });
}
