/** A mesh and a Kong without a database, both with N linked services, and the daemon's commands for them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pluginInfo } from '../../plugin-server/info';
import { startControlPlane } from '../../sandbox/control-plane/control-plane';
import type { ExtraPluginSchema } from '../../sandbox/gateway/entities/plugin-catalogue';
import { startAdmin } from '../../sandbox/gateway/admin/start-admin';
import {
  firstPlugin,
  type PluginInfoDocument,
} from '../../sandbox/gateway/plugin-client/plugin-info';

export interface DoctorWorld {
  readonly configFile: string;
  /** What was asked since the last call, of the mesh and of Kong; pages of one list count as one. */
  takeLists(): { readonly mesh: readonly string[]; readonly kong: readonly string[] };
  stop(): Promise<void>;
}

export async function startDoctorWorld(services: number): Promise<DoctorWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-doctor-'));
  const controlPlane = await startControlPlane({ meshServices: 'Everywhere', mtls: true });
  const plugin = firstPlugin(pluginInfo() as unknown as PluginInfoDocument);
  const { Name: name, Priority: priority, Schema: schema } = plugin;
  const { fields } = schema as Pick<ExtraPluginSchema, 'fields'>;
  const admin = await startAdmin({
    mode: 'dbless',
    extraPluginSchemas: [{ name, fields, priority }],
  });
  const names = controlPlane.seed({ services, connected: true });
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-01',
    networking: {
      address: '127.0.0.1',
      gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } },
      outbound: names.map((service, index) => ({
        port: 20_000 + index,
        tags: { 'kuma.io/service': service },
      })),
    },
  });
  controlPlane.connectProxy({ name: 'kong-01', mode: 'api' });
  const configFile = join(folder, 'kong-meshd.yaml');
  const kongFile = join(folder, 'kong.json');
  const kong = names.map((service) => ({
    name: service,
    host: 'placeholder.internal',
    tags: [`mesh:${service}`],
    routes: [{ name: service, paths: [`/${service}`] }],
  }));
  await writeFile(kongFile, JSON.stringify({ _format_version: '3.0', services: kong }));
  await writeFile(
    configFile,
    JSON.stringify({
      sources: [{ kuma: { url: controlPlane.url } }],
      kong: { config: kongFile, settle: '100ms', target: { dbless: { url: admin.url } } },
      gateway: { dataplane: 'kong-01', service: 'kong' },
      plugin: { snapshot: join(folder, 'catalog.json') },
    }),
  );
  return {
    configFile,
    takeLists() {
      const mesh = controlPlane.requests.latest().map(({ path }) => firstPage(path));
      const asked = admin.requests.list().map(({ path }) => firstPage(path));
      controlPlane.requests.clear();
      admin.requests.clear();
      return { mesh: mesh.filter(isKept), kong: asked.filter(isKept) };
    },
    async stop() {
      await admin.stop();
      await controlPlane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The path of a list's first page, or of anything else; undefined for the pages after it. */
function firstPage(path: string): string | undefined {
  const { pathname, searchParams } = new URL(path, 'http://any');
  return (searchParams.get('offset') ?? '0') === '0' ? pathname : undefined;
}

function isKept(path: string | undefined): path is string {
  return path !== undefined;
}
