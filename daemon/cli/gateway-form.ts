/** Which form the gateway has on Kubernetes: as the flags say, else as the cluster does. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Command } from 'commander';
import * as z from 'zod';

import { traitsOf } from '../../catalog/control-plane';
import type { Failure } from '../../catalog/error';
import { kubernetesErrors } from '../kubernetes/errors';
import { portsOf, usualPorts } from '../kubernetes/interception';
import type { GatewayForm } from '../kubernetes/manifests/gateway';
import { createApiClient } from '../kubernetes-client/api-client';
import { createCluster } from '../kubernetes-client/create-cluster';
import { createKongClient } from '../targets/kong-http/client';
import { askCluster, type ClusterAnswer } from './ask-cluster';
import { cliErrors } from './errors';
import { printFailures } from './findings';
import type { Terminal } from './terminal';

export interface FormFlags {
  readonly deployment: string;
  readonly namespace: string;
  readonly meshVersion?: string;
  readonly ports?: string;
  readonly workload?: string;
  readonly kongServices?: readonly string[];
  readonly kongAddr?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly systemNamespace: string;
}

export function addFormFlags(command: Command): Command {
  return command
    .option('--mesh-version <version>', 'version of the control plane (default: ask the cluster)')
    .option('--ports <list>', 'where Kong listens for clients, such as 8000,8443 (3.x)')
    .option('--kong-addr <url>', 'the Admin API of a Kong node, to ask for its ports (3.x)')
    .option('--kong-services <names...>', "Kong's own Services (3.x; default: ask the cluster)")
    .option('--workload <name>', 'kuma.io/workload of the Pods (3.x; default: the Deployment)')
    .option('--kubeconfig <file>', 'how to ask the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <name>', 'another context than the current one')
    .option('--system-namespace <name>', 'where the control plane runs', 'kuma-system');
}

/** @throws MeshdError MESH_VERSION, MESH_VERSION_UNKNOWN, GATEWAY_PORTS, and K8S_* or KONG_* of who is asked. */
export async function gatewayForm(flags: FormFlags, terminal: Terminal): Promise<GatewayForm> {
  const { meshVersion, namespace, deployment } = flags;
  const stated = meshVersion === undefined ? undefined : isMarked(meshVersion);
  if (stated === true) return { marked: true };
  const complete = stated !== undefined && flags.ports !== undefined && flags.kongServices;
  const cluster = complete ? undefined : await ask(flags, terminal);
  const marked = stated ?? cluster?.marked;
  if (marked === undefined) {
    const details = { namespace: flags.systemNamespace };
    if (cluster) throw cliErrors.error('MESH_VERSION_UNKNOWN', details);
    printFailures([cliErrors.failure('MESH_VERSION_ASSUMED', {})], terminal);
    return { marked: true };
  }
  if (marked) return { marked: true };
  const ports = await portsFrom(flags, cluster, terminal);
  const services = flags.kongServices ?? cluster?.services ?? [];
  const mark = cluster?.mark;
  printFailures(
    [
      ...(ports ? [] : [assumed()]),
      ...(services.length > 0 ? [] : [unknownServices(namespace)]),
      ...(mark === undefined ? [] : [markLeft(mark, deployment, namespace)]),
    ],
    terminal,
  );
  const { workload = deployment } = flags;
  return { marked: false, ports: ports ?? usualPorts, workload, services };
}

/** `2.14`, `3`, `3.x`, `3.0.0-rc1`. @throws MeshdError MESH_VERSION */
function isMarked(text: string): boolean {
  const [, major, rest = '.0'] = /^v?(\d+)(\.[\w.+-]+)?$/.exec(text) ?? [];
  if (major === undefined) throw cliErrors.error('MESH_VERSION', { text });
  return traitsOf({ version: `${major}${rest}`, legacyKinds: false }).gatewayBlock;
}

/** Undefined where there is no cluster to ask. */
async function ask(
  { kubeconfig, context, ...place }: FormFlags,
  { env, signal }: Terminal,
): Promise<ClusterAnswer | undefined> {
  const home = env['HOME'] === undefined ? undefined : join(env['HOME'], '.kube', 'config');
  const usual = home !== undefined && existsSync(home) ? home : undefined;
  const [first] = (env['KUBECONFIG'] ?? '').split(':');
  const file = kubeconfig ?? (first || usual);
  if (file === undefined && env['KUBERNETES_SERVICE_HOST'] === undefined) return undefined;
  const cluster = createCluster({ kubeconfig: file, context }, env);
  const client = createApiClient({ cluster, timeoutMs: 5_000 });
  try {
    return await askCluster(client, place, signal);
  } finally {
    client.close();
  }
}

const Listen = z.array(z.string()).nullish();
const Root = z.object({
  configuration: z.object({ proxy_listen: Listen, stream_listen: Listen }),
});

async function portsFrom(
  { ports, kongAddr }: FormFlags,
  cluster: ClusterAnswer | undefined,
  { signal }: Terminal,
): Promise<readonly number[] | undefined> {
  if (ports !== undefined) {
    const listed = ports.split(',').map((one) => (/^\s*\d+\s*$/.test(one) ? Number(one) : 0));
    if (listed.some((port) => port < 1 || port > 65_535)) {
      throw cliErrors.error('GATEWAY_PORTS', { text: ports });
    }
    return listed;
  }
  if (kongAddr === undefined) return cluster?.listens;
  const client = createKongClient({ url: kongAddr, retries: 1 });
  try {
    const { data } = await client.request({ method: 'GET', path: '/' }, signal);
    const { configuration } = Root.safeParse(data).data ?? {};
    const { proxy_listen: proxy, stream_listen: stream } = configuration ?? {};
    const found = [...(proxy ?? []), ...(stream ?? [])].flatMap(portsOf);
    return found.length > 0 ? [...new Set(found)] : undefined;
  } finally {
    client.close();
  }
}

function assumed(): Failure {
  return cliErrors.failure('GATEWAY_PORTS_ASSUMED', { ports: usualPorts.join(' and ') });
}

function unknownServices(namespace: string): Failure {
  return cliErrors.failure('GATEWAY_SERVICES_UNKNOWN', { namespace });
}

function markLeft(value: string, deployment: string, namespace: string): Failure {
  const details = { value, workload: deployment, namespace };
  const entity = `Deployment ${namespace}/${deployment}`;
  return kubernetesErrors.failure('K8S_GATEWAY_MARK_LEFT', details, { entity });
}
