/** An embedded mesh under load, with the daemon and the plugin server as processes beside it. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { pluginInfo } from '../../plugin-server/info';
import { startNode, type Child } from '../../sandbox/child';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { register, type Registration } from '../../sandbox/services/register';
import { startService, type Service } from '../../sandbox/services/service';
import { startWorld, type World } from '../../sandbox/world';

export interface PropagateWorld {
  readonly proxyUrl: string;
  start(name: string, instance: string): Promise<Instance>;
  /** Out of the mesh first; the process ends once no request comes any more. */
  end(instance: Instance): Promise<void>;
  /** The user's file anew, as an editor writes it. */
  configure(kongConfig: object): Promise<void>;
  /** Sets one label on the gateway's Dataplane, as a person would over the API. */
  label(key: string, value: string): Promise<void>;
  labels(): Promise<Readonly<Record<string, string>>>;
  /** What the daemon said, for a run that went wrong. */
  log(): string;
  stop(): Promise<void>;
}

export interface Instance {
  readonly service: Service;
  readonly registration: Registration;
}

const cli = join(__dirname, '..', '..', 'daemon', 'cli', 'main.js');
const drainMs = 300;

export async function startPropagateWorld(options: {
  readonly intervalMs: number;
  readonly sidecarMs: number;
  /** In place of two services that are always there. */
  readonly kongConfig?: object;
}): Promise<PropagateWorld> {
  const world = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0 },
    sidecar: { listenMs: options.sidecarMs, closeMs: options.sidecarMs },
  });
  const configFile = join(world.folder, 'kong-meshd.yaml');
  const kongFile = join(world.folder, 'kong.yml');
  await writeFile(kongFile, options.kongConfig ? JSON.stringify(options.kongConfig) : kongConfig);
  await writeFile(configFile, daemonConfig(world, kongFile, options.intervalMs));
  const { socket, snapshot } = world;
  const children: Child[] = [
    startNode([cli, 'plugin-server', '--socket', socket, '--snapshot', snapshot]),
    startNode([cli, 'run', '--config', configFile]),
  ];
  const running = new Set<Instance>();
  const dataplaneUrl = `${world.controlPlane.url}/meshes/default/dataplanes/kong-01`;
  return {
    proxyUrl: world.gateway.proxyUrl,
    async start(name, instance) {
      const service = await startService({ name, instance });
      const registration = register(world.controlPlane, service, { mode: 'api' });
      const started = { service, registration };
      running.add(started);
      return started;
    },
    async end(instance) {
      running.delete(instance);
      instance.registration.unregister();
      let seen = -1;
      while (seen !== instance.service.requests) {
        seen = instance.service.requests;
        await new Promise((resolve) => setTimeout(resolve, drainMs));
      }
      await instance.service.stop();
    },
    async configure(next) {
      await writeFile(`${kongFile}.next`, JSON.stringify(next));
      await rename(`${kongFile}.next`, kongFile);
    },
    async label(key, value) {
      // The daemon may write in between: then the control plane refuses, and one tries again.
      for (let tries = 0; tries < 20; tries++) {
        const dataplane = (await (await fetch(dataplaneUrl)).json()) as { labels?: object };
        const labels = { ...dataplane.labels, [key]: value };
        const networking = withType((dataplane as { networking: object }).networking);
        const response = await fetch(dataplaneUrl, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...dataplane, labels, networking }),
        });
        if (response.ok) return;
        if (response.status !== 409) throw new Error(await response.text());
      }
      throw new Error('the label could not be set');
    },
    async labels() {
      const dataplane = (await (await fetch(dataplaneUrl)).json()) as {
        labels?: Record<string, string>;
      };
      return dataplane.labels ?? {};
    },
    log: () => children.map(({ stderr }) => stderr).join('\n'),
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
      await Promise.all([...running].map(({ service }) => service.stop()));
      await world.stop();
    },
  };
}

/** What GET leaves out, and PUT wants back. */
function withType(networking: object): object {
  const { gateway } = networking as { gateway?: object };
  return { ...networking, gateway: { type: 'DELEGATED', ...gateway } };
}

const kongConfig = `_format_version: '3.0'
services:
  - name: orders
    host: orders.internal
    routes:
      - name: orders
        paths: [/orders]
        plugins: [{ name: mesh-upstream, config: { service: orders } }]
  - name: payments
    host: payments.internal
    tags: ['mesh:payments']
    routes: [{ name: payments, paths: [/payments] }]
`;

/** Half of what the rules expose is looked up per request, half is written into the configuration. */
function daemonConfig(world: World, kongFile: string, intervalMs: number): string {
  return JSON.stringify({
    sources: [{ kuma: { url: world.controlPlane.url } }],
    kong: { config: kongFile, settle: '100ms', target: { dbless: { url: world.admin.url } } },
    gateway: {
      dataplane: 'kong-01',
      service: 'kong',
      outbounds: { address: '127.71.0.1', ports: '30000-30019', grace: '3s' },
    },
    plugin: { snapshot: world.snapshot },
    expose: [
      { match: { name: 'even-*' }, routes: [{ name: '{name}', paths: ['/{name}'] }] },
      {
        match: { name: 'odd-*' },
        link: 'config',
        routes: [{ name: '{name}', paths: ['/{name}'] }],
      },
    ],
    loop: { interval: `${String(intervalMs)}ms` },
    status: false,
  });
}
