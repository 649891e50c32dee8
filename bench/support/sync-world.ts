/** A gateway in a process of its own, and the daemon's commands for it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { kongFile } from './kong-file';
import { measureCommand, type Used } from './measure-command';
import { runMeasured } from './run-measured';

export interface SyncWorld {
  readonly configFile: string;
  readonly url: string;
  writeKongFile(weight?: number): Promise<void>;
  /** The Kong file, which the configuration names. */
  readonly kongFile: string;
  /** Runs one command to its end. @throws where it fails. */
  measure(command: string): Promise<Usage>;
  /** Runs another program to its end, such as decK. @throws where it fails. */
  measureOther(program: string, argv: readonly string[]): Promise<Usage>;
  /** Requests to the gateway so far. */
  calls(): Promise<number>;
  stop(): Promise<void>;
}

export interface Usage extends Used {
  readonly calls: number;
}

/** As compiled: `dist/bench/support` is two folders below `dist`. */
const dist = join(__dirname, '..', '..');

export async function startSyncWorld(services: number): Promise<SyncWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-sync-'));
  const gateway = spawn(process.execPath, [join(dist, 'sandbox/gateway/admin/main.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await urlOf(gateway);
  const configFile = join(folder, 'kong-meshd.yaml');
  const mesh = join(folder, 'mesh');
  const kong = join(folder, 'kong.yml');
  await mkdir(mesh);
  await writeFile(join(mesh, 'mesh.json'), JSON.stringify(meshService));
  const target = { admin: { url, selectTags: ['bench'] } };
  // The drift probe has its own timer and its own figure: it must not fall into a change by chance.
  const loop = { probe: '1h' };
  const config = {
    sources: [{ file: { path: mesh } }],
    kong: { config: kong, settle: '100ms', target },
    loop,
  };
  await writeFile(configFile, JSON.stringify(config));
  const world: SyncWorld = {
    configFile,
    url,
    kongFile: kong,
    writeKongFile: (weight) => writeFile(kong, kongFile(services, weight)),
    async measure(command) {
      const before = await world.calls();
      const used = await measureCommand([command, '-c', configFile]);
      return { ...used, calls: (await world.calls()) - before - 1 };
    },
    async measureOther(program, argv) {
      const before = await world.calls();
      const used = await runMeasured(program, argv);
      return { ...used, calls: (await world.calls()) - before - 1 };
    },
    async calls() {
      const response = await fetch(`${url}/status`);
      const status = await response.json();
      return Number((status as any).server.total_requests);
    },
    async stop() {
      const ended = once(gateway, 'exit');
      gateway.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  await world.writeKongFile();
  return world;
}

/** An empty mesh would be doubted. */
const meshService = {
  type: 'MeshService',
  mesh: 'default',
  name: 'orders',
  spec: { ports: [{ port: 80, targetPort: 80, appProtocol: 'http' }] },
};

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the gateway was started without a pipe');
  const lines = createInterface({ input: stdout });
  const [line] = await once(lines, 'line');
  lines.close();
  return String(JSON.parse(line).url);
}
