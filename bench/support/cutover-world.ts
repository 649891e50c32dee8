/** A gateway of Kuma 2.14 as operators have it before the cut-over, with the programs beside it as processes. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

import { pluginInfo } from '../../plugin-server/info';
import { startNode, type Child } from '../../sandbox/child';
import type { ControlPlaneOptions } from '../../sandbox/control-plane/options';
import type { ResourceBody } from '../../sandbox/control-plane/resource';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { register } from '../../sandbox/services/register';
import { startService } from '../../sandbox/services/service';
import { startWorld, type World } from '../../sandbox/world';
import { heldByParent } from './held-socket';

const run = promisify(execFile);
const cli = join(__dirname, '..', '..', 'daemon', 'cli', 'main.js');
/** What Kong leads to without the mesh: whoever meets it went past the mesh. */
export const pastTheMesh = 'past-the-mesh';

/** What migrate says with `--json`. */
export interface Migrated {
  readonly ready: boolean;
  readonly next?: string;
  readonly findings: readonly object[];
}

export interface CutoverWorld {
  readonly world: World;
  /** Links by plugin and by tag, in turn. */
  link(names: readonly string[]): Promise<void>;
  startDaemon(): void;
  /** kill -9 of the daemon and of the plugin server that runs; both are there again afterwards. */
  kill(): Promise<void>;
  migrate(to: '2' | '3'): Promise<Migrated>;
  /** Applies what `migrate --check` prints, as an operator would. */
  applyPrinted(): Promise<number>;
  sync(): Promise<number>;
  log(): string;
  stop(): Promise<void>;
}

export async function startCutoverWorld(
  names: readonly string[],
  controlPlane: ControlPlaneOptions,
  outboundAddress: string,
): Promise<CutoverWorld> {
  const { refreshMs } = controlPlane;
  const past = await startService({ name: pastTheMesh, instance: pastTheMesh });
  const world = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: { mtls: true, meshServices: 'Exclusive', ...controlPlane },
    // A proxy hears of a change at some moment of the interval.
    sidecar: { listenMs: refreshMs === undefined ? 100 : [300, refreshMs], closeMs: 100 },
  });
  const services = await Promise.all(names.map((name) => startService({ name, instance: name })));
  for (const service of services) register(world.controlPlane, service, { mode: 'api' });
  const configFile = join(world.folder, 'kong-meshd.yaml');
  const kongFile = join(world.folder, 'kong.yml');
  await writeFile(configFile, daemonConfig(world, kongFile, outboundAddress));
  const held = heldByParent(world.socket, world.snapshot);
  let daemon: Child | undefined;
  const said: string[] = [];
  const command = async (...args: readonly string[]): Promise<{ out: string; code: number }> => {
    const argv = [cli, ...args, '--config', configFile];
    try {
      return { out: (await run(process.execPath, argv)).stdout, code: 0 };
    } catch (error) {
      const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
      said.push(stderr);
      return { out: stdout, code };
    }
  };
  const startDaemon = (): void => {
    daemon = startNode([cli, 'run', '--config', configFile]);
  };
  return {
    world,
    startDaemon,
    async link(linked) {
      const entities = linked.map((name, at) => kongService(name, at % 2 === 0, past.port));
      await writeFile(kongFile, JSON.stringify({ _format_version: '3.0', services: entities }));
    },
    async kill() {
      const pid = await held.pid();
      // From outside: from here it would always come right after the gateway's writes of the same turn.
      await run('/bin/sh', ['-c', `kill -9 ${String(pid)}`]);
      if (daemon) {
        said.push(daemon.stderr);
        daemon.kill('SIGKILL');
        await daemon.exited;
        startDaemon();
      }
      await held.replaced(pid);
    },
    async migrate(to) {
      const { out } = await command('migrate', '--to', to, '--json');
      return JSON.parse(out) as Migrated;
    },
    async applyPrinted() {
      const { out } = await command('migrate', '--to', '3', '--check');
      const resources = parseAllDocuments(out).map((one) => one.toJS() as ResourceBody | null);
      const all = resources.filter((one): one is ResourceBody => one !== null);
      for (const resource of all) world.controlPlane.put(resource);
      return all.length;
    },
    sync: async () => (await command('sync')).code,
    log: () => [...said, daemon?.stderr ?? ''].join('\n'),
    async stop() {
      await daemon?.stop();
      await held.end();
      await Promise.all([past, ...services].map((service) => service.stop()));
      await world.stop();
    },
  };
}

function kongService(name: string, byPlugin: boolean, port: number): object {
  const route = { name, paths: [`/${name}`] };
  const base = { name, host: '127.0.0.1', port };
  if (!byPlugin) return { ...base, tags: [`mesh:${name}`], routes: [route] };
  const plugins = [{ name: 'mesh-upstream', config: { service: name } }];
  return { ...base, routes: [{ ...route, plugins }] };
}

function daemonConfig(world: World, kongFile: string, address: string): string {
  return JSON.stringify({
    sources: [{ kuma: { url: world.controlPlane.url } }],
    kong: { config: kongFile, settle: '0s', target: { dbless: { url: world.admin.url } } },
    gateway: {
      ...{ dataplane: 'kong-01', service: 'kong', workload: 'kong' },
      outbounds: { address, ports: '30000-30099' },
    },
    plugin: { snapshot: world.snapshot, socket: world.socket },
    loop: { interval: '500ms' },
    status: false,
  });
}
