/** A small shop in an embedded mesh, the files its owner wrote, and the command line in this process. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { allCommands } from '../../../../daemon/cli/commands/all-commands';
import { runCli } from '../../../../daemon/cli/program';
import type { ExitCode } from '../../../../daemon/cli/terminal';
import type { ProgressEvent } from '../../../../daemon/progress';
import { pluginInfo } from '../../../../plugin-server/info';
import type { ControlPlaneOptions } from '../../../../sandbox/control-plane/options';
import type { PluginInfoDocument } from '../../../../sandbox/gateway/plugin-client/plugin-info';
import { startWorld, type World } from '../../../../sandbox/world';

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

export interface Shop {
  readonly world: World;
  /** Paths of what the owner wrote. */
  readonly configFile: string;
  readonly kongFile: string;
  env: Record<string, string>;
  /** What a person at a TTY would have been shown of the progress. */
  readonly progress: ProgressEvent[];
  /** Called at each step, before it is taken. */
  onProgress?: (event: ProgressEvent) => void;
  /** Runs `kong-meshd <args> --config <configFile>`. */
  run(...args: readonly string[]): Promise<Ran>;
  /** Runs exactly these arguments. */
  runBare(...args: readonly string[]): Promise<Ran>;
  /** Puts a service with one endpoint into the mesh, with nothing behind it. */
  addService(name: string, port?: number): void;
  removeService(name: string): void;
  edit(file: string, change: (text: string) => string): Promise<void>;
  /** All that is live: what Kong holds, the snapshot, the Dataplane, and the owner's files. */
  live(): Promise<Live>;
  stop(): Promise<void>;
}

export interface Live {
  readonly kong: unknown;
  readonly snapshot: string | undefined;
  readonly dataplane: unknown;
  readonly kongFile: string | undefined;
}

export const kongText = `# The shop's own comment.
_format_version: '3.0'

services:
  - name: orders
    host: orders.internal
    port: 8080
    routes:
      - name: orders
        paths: [/orders]
        plugins:
          - name: mesh-upstream
            config: { service: orders }

  - name: payments
    host: payments.internal # before the mesh
    port: 8080
    tags: ['mesh:payments']
    routes:
      - name: payments
        paths: [/payments]

  - name: crm
    host: crm.internal
    port: 8090
    routes:
      - name: crm
        paths: [/crm]
`;

/** Every suite has an address of its own: ports on 127.0.0.1 would be shared by parallel suites. */
function loopbackAddress(): string {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? '0');
  const unique = (process.pid * 8 + worker) % 60_000;
  return `127.77.${String(Math.floor(unique / 250))}.${String((unique % 250) + 1)}`;
}

export async function openShop(
  options: { controlPlane?: ControlPlaneOptions } = {},
): Promise<Shop> {
  const world = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0, ...options.controlPlane },
    sidecar: { listenMs: 20, closeMs: 20 },
    workers: 1,
  });
  const configFile = join(world.folder, 'kong-meshd.yaml');
  const kongFile = join(world.folder, 'kong.yml');
  const settings = {
    sources: [{ kuma: { url: world.controlPlane.url } }],
    // Files that a test writes are whole at once.
    kong: { config: kongFile, settle: '100ms', target: { dbless: { url: world.admin.url } } },
    gateway: {
      dataplane: 'kong-01',
      service: 'kong',
      outbounds: { address: loopbackAddress(), grace: '1s' },
    },
    plugin: { snapshot: world.snapshot },
    expose: [{ match: { name: 'public-*' }, routes: [{ name: '{name}', paths: ['/{name}'] }] }],
  };
  // One line a setting, so that a test can take one out or put one in.
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  await writeFile(configFile, `${lines.join('\n')}\n`);
  await writeFile(kongFile, kongText);

  const shop: Shop = {
    world,
    configFile,
    kongFile,
    env: {},
    progress: [],
    run: (...args) => shop.runBare(...args, '--config', configFile),
    async runBare(...args) {
      let out = '';
      let err = '';
      const code = await runCli(allCommands, args, {
        env: shop.env,
        out: (text) => (out += text),
        err: (text) => (err += text),
        progress(event) {
          shop.progress.push(event);
          shop.onProgress?.(event);
        },
        signal: new AbortController().signal,
        colour: false,
      });
      return { code, out, err };
    },
    addService(name, port = 8080) {
      const tags = { 'kuma.io/service': name, 'kuma.io/protocol': 'http' };
      world.controlPlane.put({
        type: 'Dataplane',
        mesh: 'default',
        name: `${name}-1`,
        networking: { address: '127.0.0.1', inbound: [{ port, protocol: 'http', tags }] },
      });
      world.controlPlane.connectProxy({ mesh: 'default', name: `${name}-1`, mode: 'api' });
    },
    removeService: (name) => void world.controlPlane.delete('Dataplane', `${name}-1`),
    edit: async (file, change) => writeFile(file, change(await readFile(file, 'utf8'))),
    async live() {
      const response = await fetch(`${world.admin.url}/config`);
      const { config } = (await response.json()) as { config?: string };
      return {
        kong: config,
        snapshot: await readFile(world.snapshot, 'utf8').catch(() => undefined),
        dataplane: world.controlPlane.get('Dataplane', 'kong-01'),
        kongFile: await readFile(kongFile, 'utf8').catch(() => undefined),
      };
    },
    stop: () => world.stop(),
  };
  for (const name of ['orders', 'payments', 'public-reports']) shop.addService(name);
  return shop;
}

/** `host:port` of a Kong service, as its Admin API shows it. */
export async function hostOf({ world }: Shop, name: string): Promise<string | undefined> {
  const response = await fetch(`${world.admin.url}/services/${name}`);
  if (!response.ok) return undefined;
  const { host, port } = (await response.json()) as { host: string; port: number };
  return `${host}:${String(port)}`;
}
