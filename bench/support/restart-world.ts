/**
 * A stand-in for Kong with four workers whose Kong services have hosts that answer: what a request met is
 * known by who answered it.
 */
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { writeSnapshot, type SnapshotService } from '../../catalog/snapshot';
import { pluginInfo } from '../../plugin-server/info';
import { startAdmin } from '../../sandbox/gateway/admin/start-admin';
import type { NamedField } from '../../sandbox/gateway/entities/schema';
import { startGateway } from '../../sandbox/gateway/gateway';
import {
  firstPlugin,
  type PluginInfoDocument,
} from '../../sandbox/gateway/plugin-client/plugin-info';

export interface RestartWorld {
  readonly services: number;
  /** Who answered: the name of a service, `past the mesh`, or a status. */
  ask(index: number): Promise<string>;
  stop(): Promise<void>;
}

export const pastTheMesh = 'past the mesh';
const services = 10;
export const nameOf = (index: number): string => `service-${String(index)}`;

/** @param socket where the plugin server listens, by the snapshot that this writes. */
export async function startRestartWorld(
  folder: string,
  socket: string,
  clients: number,
): Promise<RestartWorld> {
  const names = Array.from({ length: services }, (_, index) => nameOf(index));
  const servers = await Promise.all([...names, pastTheMesh].map(startAnswering));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  const snapshot = join(folder, 'catalog.json');
  const listed = names.map((name, index) => serviceOf(name, ports[index] ?? 0));
  const hash = '1'.repeat(64);
  await writeSnapshot(snapshot, { version: 1, mesh: 'default', hash, services: listed });
  const file = join(folder, 'kong.json');
  const original = ports.at(-1);
  await writeFile(
    file,
    JSON.stringify({ _format_version: '3.0', services: names.map(kongService) }),
  );
  function kongService(name: string): object {
    const plugins = [{ name: 'mesh-upstream', config: { service: name, snapshot } }];
    const routes = [{ name, paths: [`/${name}`], plugins }];
    return { name, host: '127.0.0.1', port: original, routes };
  }

  const info = pluginInfo() as unknown as PluginInfoDocument;
  const plugin = firstPlugin(info);
  const { fields } = plugin.Schema as { readonly fields: readonly NamedField[] };
  const schema = { name: plugin.Name, fields, priority: plugin.Priority, version: plugin.Version };
  const admin = await startAdmin({
    mode: 'dbless',
    declarativeConfigFile: file,
    extraPluginSchemas: [schema],
  });
  const gateway = await startGateway({
    feed: admin.feed,
    workers: 4,
    pluginServer: { socketPath: socket, info },
  });
  const { hostname, port } = new URL(gateway.proxyUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  return {
    services,
    ask: (index) =>
      new Promise((resolve) => {
        const path = `/${nameOf(index)}`;
        const outgoing = request({ agent, hostname, port, path }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => (body += text));
          const status = response.statusCode ?? 0;
          response.on('end', () => resolve(status === 200 ? body : String(status)));
        });
        outgoing.on('error', (error) => resolve(error.message));
        outgoing.end();
      }),
    async stop() {
      agent.destroy();
      await gateway.stop();
      await admin.stop();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function startAnswering(name: string): Promise<Server> {
  const server = createServer((_incoming, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function serviceOf(name: string, port: number): SnapshotService {
  const addresses = { outbound: `127.0.0.1:${String(port)}` };
  return {
    kind: 'MeshService',
    name,
    hostnames: [`${name}.svc.mesh.local`],
    availability: 'available',
    ports: [{ port: 8080, auto: 'outbound', addresses }],
  };
}
