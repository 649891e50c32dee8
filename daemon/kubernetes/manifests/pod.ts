/** What Kong's Pods get: the daemon, the plugin server where it is wanted, and what Kong needs to know. */
import type { InstallOptions } from './install';
import { daemonName as name, type Manifest } from './manifest';

export interface PodParts {
  readonly initContainers: readonly object[];
  readonly containers: readonly object[];
  readonly volumes: readonly object[];
  /** Kong's own container; absent where it needs nothing. */
  readonly kong?: KongParts;
}

export interface KongParts {
  readonly name: string;
  /** Settings of Kong by their names in lower case. */
  readonly settings: Readonly<Record<string, string>>;
  readonly volumeMounts: readonly object[];
}

export const stateFolder = '/var/lib/kong-meshd';
export const snapshot = `${stateFolder}/catalog.json`;
const runFolder = '/run/kong-meshd';
const socket = `${runFolder}/mesh-upstream.socket`;
const info = `${runFolder}/mesh-upstream.json`;
const tokenFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The user of the image; as the group of the volumes it lets Kong open the socket. */
const user = 10001;

const stateMount = { name: 'kong-meshd-state', mountPath: stateFolder };
const runMount = { name: 'kong-meshd-run', mountPath: runFolder };

/**
 * A young generation of 4 MB instead of 16: of a large cluster most of a pass is garbage at once, and
 * this halves the memory that it takes up (5,000 Services: 120 MB instead of 155 at rest).
 */
export const nodeOptions = '--max-semi-space-size=4';

export function podParts(options: InstallOptions): PodParts {
  const { image, pluginServer, kongContainer } = options;
  const daemon = {
    ...{ name, image },
    args: ['run', '--config', '/etc/kong-meshd/kong-meshd.yaml'],
    env: [{ name: 'NODE_OPTIONS', value: nodeOptions }],
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    // No readiness: while the daemon cannot work, Kong goes on with what it has.
    livenessProbe: probe(['livez'], 30),
    securityContext,
    volumeMounts: [
      { name: 'kong-meshd-config', mountPath: '/etc/kong-meshd', readOnly: true },
      { name: 'kong-meshd-token', mountPath: tokenFolder, readOnly: true },
      stateMount,
    ],
  };
  const volumes = [
    { name: 'kong-meshd-config', configMap: { name } },
    tokenVolume,
    { name: stateMount.name, emptyDir: {} },
  ];
  if (!pluginServer) return { initContainers: [], containers: [daemon], volumes };
  return {
    initContainers: [pluginInfo(image)],
    containers: [daemon, pluginServerOf(image)],
    volumes: [...volumes, { name: runMount.name, emptyDir: {} }],
    kong: {
      name: kongContainer,
      settings: {
        plugins: 'bundled,mesh-upstream',
        pluginserver_names: 'mesh_upstream',
        pluginserver_mesh_upstream_socket: socket,
        pluginserver_mesh_upstream_query_cmd: `cat ${info}`,
      },
      volumeMounts: [{ ...runMount, readOnly: true }],
    },
  };
}

/** Kong reads the description when it starts, so it must be there before. */
function pluginInfo(image: string): object {
  return {
    ...{ name: 'kong-meshd-plugin-info', image },
    command: ['/bin/sh', '-c', `kong-meshd plugin-info > ${info}`],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    securityContext,
    volumeMounts: [runMount],
  };
}

function pluginServerOf(image: string): object {
  return {
    ...{ name: 'kong-meshd-plugin-server', image },
    // Its socket and Kong's connections outlive a server that crashes, which the container would not.
    args: ['plugin-server', '--supervise'],
    env: [
      { name: 'KONG_MESHD_SOCKET', value: socket },
      { name: 'KONG_MESHD_SNAPSHOT', value: snapshot },
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '192Mi' } },
    // A Pod without it would answer every request of a route with the plugin by an error.
    readinessProbe: probe([], 10),
    livenessProbe: probe([], 30),
    // Kong drains its requests after the Pod was told to end, and needs the plugin until then.
    lifecycle: { preStop: { exec: { command: ['node', '-e', 'setTimeout(() => {}, 20000)'] } } },
    securityContext,
    volumeMounts: [{ ...stateMount, readOnly: true }, runMount],
  };
}

const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: user,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** In the container, not over the network: the sidecar of the mesh would stand in between. */
function probe(args: readonly string[], periodSeconds: number): object {
  return {
    exec: { command: ['node', '/app/healthcheck.js', ...args] },
    ...{ periodSeconds, timeoutSeconds: 5, failureThreshold: 3 },
  };
}

/** Kong's charts mount no token into its Pods; this is the one that Kubernetes mounts elsewhere. */
const tokenVolume = {
  name: 'kong-meshd-token',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ],
  },
};

/** As Kong's containers have their settings. */
export function environmentOf(settings: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(settings).map(([key, value]) => ({
    name: `KONG_${key.toUpperCase()}`,
    value,
  }));
}

export const podSecurity = { fsGroup: user, fsGroupChangePolicy: 'OnRootMismatch' };

export function podSpec({ initContainers, containers, volumes, kong }: PodParts): object {
  const { name: kongName, settings, volumeMounts } = kong ?? {};
  return {
    // One variable of a Service for each port of each Service would only be in the way.
    enableServiceLinks: false,
    ...(kong ? { securityContext: podSecurity, initContainers } : {}),
    containers: [
      ...(kong ? [{ name: kongName, env: environmentOf(settings ?? {}), volumeMounts }] : []),
      ...containers,
    ],
    volumes,
  };
}

export function deploymentPatch(
  { deployment, namespace }: InstallOptions,
  parts: PodParts,
): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: deployment, namespace },
    spec: { template: { spec: podSpec(parts) } },
  };
}
