/** A cluster of some size in this process, and the daemon under watch of it in its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { watch, type FSWatcher } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { nodeOptions } from '../../daemon/kubernetes/manifests/pod';
import { startKubernetesApi, type KubernetesApi } from '../../sandbox/kubernetes/api-server';

export interface KubernetesWorld {
  readonly api: KubernetesApi;
  /** Calls back with the snapshot's text whenever it is replaced. */
  onSnapshot(listener: (text: string) => void): void;
  /** Processor time of the daemon since its start, in ms. */
  cpuMs(): Promise<number>;
  /** Resident memory of the daemon in MB: now, and at its highest. */
  memory(): Promise<{ readonly rssMB: number; readonly peakMB: number }>;
  stop(): Promise<void>;
}

export interface WorldSize {
  readonly services: number;
  /** HTTPRoutes of the gateway, each to a Service of its own. */
  readonly routes: number;
}

/** As compiled: `dist/bench/support` is two folders below `dist`. */
const main = join(__dirname, '..', '..', 'daemon/cli/main.js');

/** Resolves when the daemon has written its first snapshot. */
export async function startKubernetesWorld({
  services,
  routes,
}: WorldSize): Promise<KubernetesWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-k8s-'));
  const api = await startKubernetesApi();
  for (let index = 0; index < services; index += 1) {
    putService(api, index);
    putWorkload(api, index);
  }
  putGateway(api);
  for (let index = 0; index < routes; index += 1) putRoute(api, index);
  const snapshot = join(folder, 'catalog.json');
  const config = {
    sources: [{ kubernetes: { url: api.url, gateway: { namespace: 'kong' } } }],
    gateway: { environment: 'kubernetes', serviceUpstream: 'enforce' },
    plugin: { snapshot },
  };
  const configFile = join(folder, 'kong-meshd.yaml');
  await writeFile(configFile, JSON.stringify(config));
  const listeners = new Set<(text: string) => void>();
  const watcher = watchFile(folder, snapshot, (text) => {
    for (const listener of listeners) listener(text);
  });
  const daemon = spawn(process.execPath, [main, 'run', '-c', configFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // As `manifests install` runs it.
    env: { ...process.env, NODE_OPTIONS: nodeOptions },
  });
  let said = '';
  daemon.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  await Promise.race([
    new Promise<void>((resolve) => listeners.add(() => resolve())),
    once(daemon, 'exit').then(() => Promise.reject(new Error(`the daemon ended: ${said}`))),
  ]);
  listeners.clear();
  return {
    api,
    onSnapshot: (listener) => void listeners.add(listener),
    cpuMs: () => cpuOf(daemon),
    memory: () => memoryOf(daemon),
    async stop() {
      watcher.close();
      const ended = once(daemon, 'exit');
      daemon.kill();
      await ended;
      await api.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Services that lack the annotation, so that Kong would go past the mesh. */
export const bypassed = { first: 1_000, count: 200 } as const;

/** As a control plane leaves it in a namespace with injection, but for those that lack the annotation. */
export function putService(api: KubernetesApi, index: number, clusterIp = ipOf(10, index)): void {
  const name = `svc-${index}`;
  const namespace = `team-${index % 50}`;
  api.put({
    kind: 'Service',
    metadata: {
      ...{ name, namespace },
      labels: { app: name },
      ...(index >= bypassed.first && index < bypassed.first + bypassed.count
        ? {}
        : {
            annotations: {
              'ingress.kubernetes.io/service-upstream': 'true',
              'nginx.ingress.kubernetes.io/service-upstream': 'true',
            },
          }),
    },
    spec: {
      ...{ type: 'ClusterIP', clusterIP: clusterIp, clusterIPs: [clusterIp] },
      selector: { app: name },
      ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' }],
    },
  });
}

/** What stands behind it: endpoints, and the Dataplane of a Pod. */
function putWorkload(api: KubernetesApi, index: number): void {
  const name = `svc-${index}`;
  const namespace = `team-${index % 50}`;
  api.put({
    kind: 'EndpointSlice',
    metadata: {
      ...{ name: `${name}-abcde`, namespace },
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ipOf(11, index)], conditions: { ready: true } }],
  });
  api.put({
    kind: 'Dataplane',
    mesh: 'default',
    metadata: { name: `${name}-5f6d7`, namespace, labels: { app: name } },
    spec: {
      networking: {
        address: ipOf(11, index),
        inbound: [
          {
            port: 8080,
            tags: {
              'k8s.kuma.io/namespace': namespace,
              'k8s.kuma.io/service-name': name,
              'kuma.io/service': `${name}_${namespace}_svc_8080`,
            },
          },
        ],
      },
    },
  });
}

/** To a Service of its own namespace. */
export function putRoute(api: KubernetesApi, index: number, path = '/'): void {
  const service = firstRouted + index;
  api.put({
    kind: 'HTTPRoute',
    metadata: { name: `route-${index}`, namespace: `team-${service % 50}` },
    spec: {
      parentRefs: [{ name: 'kong', namespace: 'kong' }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: path } }],
          backendRefs: [{ name: `svc-${service}`, port: 8080 }],
        },
      ],
    },
  });
}

/** The ones before change all the time. */
const firstRouted = 500;

export function ipOf(first: number, index: number): string {
  return [first, (index >> 16) & 255, (index >> 8) & 255, index & 255].join('.');
}

function putGateway(api: KubernetesApi): void {
  api.put({
    kind: 'GatewayClass',
    metadata: { name: 'kong' },
    spec: { controllerName: 'konghq.com/kic-gateway-controller' },
  });
  api.put({
    kind: 'Gateway',
    metadata: { name: 'kong', namespace: 'kong' },
    spec: {
      gatewayClassName: 'kong',
      listeners: [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  });
  const metadata = { name: 'kong-1', namespace: 'kong', labels: { app: 'kong' } };
  api.put({
    kind: 'Pod',
    metadata: { ...metadata, annotations: { 'kuma.io/gateway': 'enabled' } },
    spec: { containers: [{ name: 'kuma-sidecar' }, { name: 'proxy' }] },
    status: { podIP: '11.255.0.1', phase: 'Running' },
  });
  api.put({
    kind: 'Dataplane',
    mesh: 'default',
    metadata,
    spec: {
      networking: {
        address: '11.255.0.1',
        gateway: { tags: { 'kuma.io/service': 'kong-1_kong_svc' } },
      },
    },
  });
}

function watchFile(folder: string, file: string, onText: (text: string) => void): FSWatcher {
  let seen = '';
  return watch(folder, () => {
    void readFile(file, 'utf8').then(
      (text) => {
        if (text === seen || text === '') return;
        seen = text;
        onText(text);
      },
      // The very first snapshot is still to come.
      () => undefined,
    );
  });
}

/** In user and in system mode, as the kernel counts it: in hundredths of a second. */
async function cpuOf({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid ?? 0}/stat`, 'utf8');
  // The name of the program, which may have spaces, ends with the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function memoryOf({ pid }: ChildProcess): Promise<{ rssMB: number; peakMB: number }> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8');
  const megabytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) / 1024;
  return { rssMB: megabytes('VmRSS'), peakMB: megabytes('VmHWM') };
}
