/** Who must be there for a gateway in the mesh, each asked for itself: its version, or what is wrong. */
import * as z from 'zod';

import { MeshdError } from '../../catalog/error';
import type { Config } from '../config/schema';
import { gatherPluginServer } from '../doctor/gather/plugin-server';
import { findPluginSocket } from '../doctor/gather/plugin-socket';
import { createConnection } from '../sources/kuma/connection';
import { probe, readMesh } from '../sources/kuma/control-plane';
import { missing, readJson, readShape } from '../sources/kuma/read-reply';
import { createKongClient } from '../targets/kong-http/client';
import { withoutSecrets } from '../targets/kong-http/map-error';
import type { Terminal } from './terminal';

export interface Ping {
  readonly part: 'control plane' | 'kong' | 'plugin server' | 'sidecar';
  /** Where it was asked; for a sidecar the name of its Dataplane. */
  readonly at: string;
  readonly state: 'up' | 'down' | 'not configured';
  readonly version?: string;
  /** What is wrong, or why nobody was asked. */
  readonly problem?: string;
  readonly fix?: string;
}

type Answer = Pick<Ping, 'version' | 'problem' | 'fix'>;

const pluginServerMs = 2_000;

/** All at once; rejects for the signal alone. */
export async function pingAll(
  config: Config,
  { env, signal }: Pick<Terminal, 'env' | 'signal'>,
): Promise<readonly Ping[]> {
  const [mesh, kong, plugin] = await Promise.all([
    pingMesh(config, signal),
    pingKong(config, signal),
    pingPluginServer(config, env, signal),
  ]);
  const [controlPlane, ...sidecars] = mesh;
  return [...(controlPlane ? [controlPlane] : []), kong, plugin, ...sidecars];
}

async function pingMesh(config: Config, signal: AbortSignal): Promise<readonly Ping[]> {
  const { sources, mesh, gateway } = config;
  const kuma = sources.find((source) => source.kuma)?.kuma;
  if (!kuma) return [unset('control plane', 'There is no kuma source.')];
  const connection = createConnection(kuma);
  const controlPlane = await asked('control plane', connection.url, signal, async () => {
    await connection.refresh(signal);
    const { product, version } = await probe(connection, signal);
    await readMesh(connection, mesh, signal);
    return { version: `${product} ${version}` };
  });
  // Each sidecar would only say the same again.
  if (controlPlane.state !== 'up') return [controlPlane];
  const names = gateway.dataplane ?? [];
  if (names.length === 0) {
    return [controlPlane, unset('sidecar', 'gateway.dataplane names no Dataplane.')];
  }
  const sidecars = names.map((name) =>
    asked('sidecar', name, signal, async (): Promise<Answer> => {
      const path = `/meshes/${encodeURIComponent(mesh)}/dataplanes/${encodeURIComponent(name)}/_overview`;
      const question = { url: connection.url, path };
      const reply = await connection.get(path, signal);
      if (missing(reply) === 'resource') {
        return {
          problem: `The mesh ${mesh} has no Dataplane ${name}.`,
          fix: 'Create it (`kong-meshd sync` does where it knows its address), or correct gateway.dataplane.',
        };
      }
      return sidecarOf(readShape(Overview, readJson(reply, question), question));
    }),
  );
  return [controlPlane, ...(await Promise.all(sidecars))];
}

const Subscription = z.object({
  connectTime: z.string().nullish(),
  disconnectTime: z.string().nullish(),
  version: z
    .object({
      kumaDp: z.object({ version: z.string().optional() }).nullish(),
      envoy: z.object({ version: z.string().optional() }).nullish(),
    })
    .nullish(),
});
const Overview = z.object({
  dataplaneInsight: z.object({ subscriptions: z.array(Subscription).nullish() }).nullish(),
});

function sidecarOf({ dataplaneInsight }: z.infer<typeof Overview>): Answer {
  const last = dataplaneInsight?.subscriptions?.at(-1);
  const fix = 'Start kuma-dp for this Dataplane, and look at its log.';
  if (!last) return { problem: 'Its proxy never connected to the control plane.', fix };
  const { kumaDp, envoy } = last.version ?? {};
  const version = [
    ...(kumaDp?.version === undefined ? [] : [`kuma-dp ${kumaDp.version}`]),
    ...(envoy?.version === undefined ? [] : [`Envoy ${envoy.version}`]),
  ].join(', ');
  const known = version === '' ? {} : { version };
  if (typeof last.disconnectTime !== 'string') return known;
  return { ...known, problem: 'Its proxy is not connected to the control plane.', fix };
}

async function pingKong({ kong }: Config, signal: AbortSignal): Promise<Ping> {
  const { admin, dbless, file } = kong?.target ?? {};
  const connection = admin ?? dbless;
  if (!connection) {
    return unset('kong', file ? 'The target is a file.' : 'There is no kong.target.');
  }
  const { url, timeout, tokenFile, headers, tls } = connection;
  return asked('kong', withoutSecrets(url), signal, async () => {
    const client = createKongClient({
      ...{ url, timeoutMs: timeout, retries: 0 },
      ...(tokenFile === undefined ? {} : { tokenFile }),
      ...(headers ? { headers } : {}),
      ...(tls ? { tls } : {}),
    });
    try {
      const { version } = await client.request({ method: 'GET', path: '/status' }, signal);
      return version === undefined ? {} : { version: `Kong ${version}` };
    } finally {
      client.close();
    }
  });
}

async function pingPluginServer(
  config: Config,
  env: Terminal['env'],
  signal: AbortSignal,
): Promise<Ping> {
  const socket = await findPluginSocket(config, env);
  if (socket === undefined) {
    return unset('plugin server', 'No socket is known: plugin.socket or KONG_MESHD_SOCKET.');
  }
  return asked('plugin server', socket, signal, async () => {
    const found = await gatherPluginServer(socket, 'mesh-upstream', pluginServerMs, signal);
    const { problem, version } = found;
    if (problem === undefined) return version === undefined ? {} : { version };
    const fix = 'Start `kong-meshd plugin-server` with this --socket, for a user who may open it.';
    return { problem, fix };
  });
}

async function asked(
  part: Ping['part'],
  at: string,
  signal: AbortSignal,
  question: () => Promise<Answer>,
): Promise<Ping> {
  try {
    const answer = await question();
    return { part, at, state: answer.problem === undefined ? 'up' : 'down', ...answer };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof MeshdError)) throw error;
    return { part, at, state: 'down', problem: error.message, fix: error.remedy };
  }
}

function unset(part: Ping['part'], problem: string): Ping {
  return { part, at: '-', state: 'not configured', problem };
}
