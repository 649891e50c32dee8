/** The files that a user of such a gateway would have written. */
import { join } from 'node:path';

export type KongForm = 'dbless' | 'admin' | 'file';

/** The files of a world. */
export interface Places {
  readonly configFile: string;
  readonly controlFile: string;
  readonly kongFile: string;
  /** What the file target writes. */
  readonly output: string;
  readonly snapshot: string;
  readonly stateFile: string;
  /** What kuma-dp starts from, where the Dataplane belongs to a file. */
  readonly dataplaneFile: string;
}

export function placesIn(folder: string, disk: string): Places {
  return {
    configFile: join(folder, 'kong-meshd.yaml'),
    controlFile: join(folder, 'control.json'),
    kongFile: join(folder, 'kong.yml'),
    output: join(disk, 'kong.out.yml'),
    snapshot: join(disk, 'catalog.json'),
    stateFile: join(disk, 'state.json'),
    dataplaneFile: join(disk, 'dataplane.yaml'),
  };
}

export const intervalMs = 1_000;
/** How long a file must stand before anything is deleted because of it; 5 s by default. */
const settle = '1s';
/** Of one request to the control plane or to Kong: what is lost without a word is waited for so long. */
export const timeoutMs = 4_000;

/** By hand, with a comment that must survive. */
const kongYml = `# Edge of the team: ask before you change it.
_format_version: '3.0'
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
  # Not in the mesh.
  - name: crm
    host: crm.internal
    port: 8090
    routes: [{ name: crm, paths: [/crm] }]
upstreams:
  - name: crm-pool
    targets: [{ target: 'crm.internal:8090' }]
consumers:
  - username: alice
    keyauth_credentials: [{ key: alice-key }]
`;

/** On a Kong that others share, what is ours is told by a tag. */
export function kongYmlFor(form: KongForm): string {
  const tags = '_info: { select_tags: [edge] }\n';
  return form === 'admin' ? kongYml.replace('services:\n', `${tags}services:\n`) : kongYml;
}

export interface ConfigurationOptions {
  readonly kumaUrl: string;
  readonly kongUrl: string;
  readonly form: KongForm;
  readonly outboundAddress: string;
  readonly fileOwned: boolean;
  /** Absent, the daemon knows of no plugin server. */
  readonly pluginSocket: string | undefined;
  readonly places: Places;
}

/** All that is left out has its default: the loop, the guard, the probe. */
export function kongMeshdYaml(options: ConfigurationOptions): string {
  const { kumaUrl, kongUrl, form, outboundAddress, places } = options;
  const connection = { url: kongUrl, timeout: `${timeoutMs}ms` };
  const target = form === 'file' ? { path: places.output } : connection;
  return JSON.stringify({
    sources: [{ kuma: { url: kumaUrl, timeout: `${timeoutMs}ms` } }],
    kong: { config: places.kongFile, settle, target: { [form]: target } },
    gateway: {
      dataplane: 'kong-01',
      service: 'kong',
      outbounds: { address: outboundAddress, ports: '30000-30999', grace: '1s' },
      ...(options.fileOwned ? { owner: 'file', file: { path: places.dataplaneFile } } : {}),
    },
    plugin: { snapshot: places.snapshot, socket: options.pluginSocket },
    stateFile: places.stateFile,
    expose: [
      { match: { name: 'even-*' }, routes: [{ name: '{name}', paths: ['/{name}'] }] },
      {
        match: { name: 'odd-*' },
        link: 'config',
        routes: [{ name: '{name}', paths: ['/{name}'] }],
      },
    ],
    status: { listen: '127.0.0.1:0' },
    doctor: false,
  });
}
