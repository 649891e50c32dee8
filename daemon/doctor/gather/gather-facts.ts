/** Asks everybody once, at the same time where possible. What does not answer is a finding, not an end. */
import { lstat } from 'node:fs/promises';

import { MeshdError, type Failure } from '../../../catalog/error';
import type { Config } from '../../config/schema';
import { parseKongConfig } from '../../kong/parse';
import { decide } from '../../reconcile/decide';
import { observe } from '../../reconcile/observe';
import { IncompleteConfig } from '../../reconcile/user-config';
import type { PassContext } from '../../reconcile/context';
import { observeOptions } from '../../reconcile/pass';
import { recall, type RecallMemory } from '../../reconcile/recall';
import type { KongHttpOptions } from '../../targets/kong-http/options';
import { describeSelection, gatewayLabels } from '../../sources/resources/select-gateways';
import { version } from '../../version';
import type { Facts, FactSettings, NodeFacts } from '../facts';
import { createAsking, type Asking } from './ask';
import { gatherMesh, type MeshSide } from './mesh';
import { gatherNode } from './node';
import { gatherPluginServer } from './plugin-server';
import { findPluginSocket } from './plugin-socket';
import { gatherSnapshot } from './snapshot';

export interface GatherOptions {
  readonly config: Config;
  /** What the daemon itself would work with: the doctor looks at the same sources and files. */
  readonly context: PassContext;
  /** Found while the configuration was loaded. */
  readonly failures?: readonly Failure[];
  /** The plugin server's socket, where Kong does not say it or names it otherwise. */
  readonly pluginSocket?: string | undefined;
}

const pluginServerMs = 2_000;

/** One request per kind of thing, each bounded in time. Rejects only with the signal's reason. */
export async function gatherFacts(options: GatherOptions, signal: AbortSignal): Promise<Facts> {
  const { config, context } = options;
  const asking = createAsking(signal, context.progress);
  const [passSide, meshSide] = await Promise.all([
    gatherPass(context, asking, signal),
    gatherControlPlane(config, asking, signal),
  ]);
  const node = await gatherKong(config, passSide, asking, signal);
  const file = config.plugin?.snapshot;
  const sockets = await socketsOf(options, node);
  const [snapshot, pluginServers] = await Promise.all([
    file === undefined ? undefined : gatherSnapshot(file, passSide.catalog, Date.now()),
    Promise.all(
      sockets.map((path) =>
        gatherPluginServer(path, context.settings.rules.pluginName, pluginServerMs, signal),
      ),
    ),
  ]);
  return {
    settings: settingsOf(config, context),
    unasked: asking.unasked,
    ...meshSide,
    ...passSide,
    failures: [...(options.failures ?? []), ...passSide.failures],
    ...(node ? { node } : {}),
    ...(snapshot ? { snapshot } : {}),
    ...((await hasNeverSynced(context, file)) ? { neverSynced: true } : {}),
    ...(pluginServers.length > 0 ? { pluginServers } : {}),
  };
}

/** Where nothing would tell, a sync may have been. */
async function hasNeverSynced(
  { applied }: PassContext,
  snapshot: string | undefined,
): Promise<boolean> {
  if (!applied && snapshot === undefined) return false;
  if (((await applied?.read())?.applied.size ?? 0) > 0) return false;
  return snapshot === undefined || (await lstat(snapshot).catch(() => undefined)) === undefined;
}

type PassSide = Pick<Facts, 'failures' | 'catalog' | 'gateways' | 'kong' | 'cluster'>;

/** What a pass would see and decide; without the mesh the user's configuration alone. */
async function gatherPass(
  context: PassContext,
  asking: Asking,
  signal: AbortSignal,
): Promise<PassSide> {
  const request = { dryRun: true, confirmDeletes: false };
  const seen = await asking.ask('mesh and configuration', 'error', async (): Promise<PassSide> => {
    try {
      const inputs = await observe(observeOptions(context, request), {}, signal);
      const memory: RecallMemory = {};
      await recall(context, memory, signal);
      const { catalog, translation, failures } = decide(inputs, context, memory);
      const { desired, links } = translation;
      return {
        failures: [...inputs.failures, ...failures],
        catalog,
        gateways: inputs.gateways,
        ...(inputs.observation.cluster ? { cluster: inputs.observation.cluster } : {}),
        ...(context.kongFiles ? { kong: { user: inputs.user, desired, links } } : {}),
      };
    } catch (error) {
      if (error instanceof IncompleteConfig) return { failures: error.failures };
      throw error;
    }
  });
  return seen ?? gatherFiles(context);
}

async function gatherFiles({
  kongFiles,
  fitTarget,
  env,
  settings,
}: PassContext): Promise<PassSide> {
  if (!kongFiles) return { failures: [] };
  try {
    const { ownerTag } = settings.rules;
    const parsed = parseKongConfig(await kongFiles.read(), {
      env,
      meshTag: ownerTag,
      lookUp: fitTarget?.looksUp,
    });
    const { state, failures } = parsed;
    return { failures, kong: { user: state, desired: state, links: [] } };
  } catch (error) {
    // Files that cannot be read are why the pass could not be made: said already.
    if (error instanceof MeshdError) return { failures: [] };
    throw error;
  }
}

async function gatherControlPlane(
  { sources, mesh }: Config,
  asking: Asking,
  signal: AbortSignal,
): Promise<MeshSide> {
  const kuma = sources.find((source) => source.kuma !== undefined)?.kuma;
  if (kuma) return gatherMesh(kuma, mesh, asking, signal);
  asking.unasked.push({
    part: 'control plane',
    severity: 'info',
    failure: {
      code: 'NO_CONTROL_PLANE',
      message:
        'No control plane is configured, so policies, permissions and proxies were not checked.',
      remedy: 'Add a kuma source to kong-meshd.yaml.',
    },
  });
  return { policies: {} };
}

async function gatherKong(
  { kong, ownerTag }: Config,
  { kong: kongSide, catalog }: PassSide,
  asking: Asking,
  signal: AbortSignal,
): Promise<NodeFacts | undefined> {
  const connection = adminOf(kong?.target);
  if (!connection) return undefined;
  const question = {
    connection,
    dbless: kong?.target?.dbless !== undefined,
    policy: kong?.policy ?? 'sync',
    meshTag: ownerTag,
    // Without the mesh it is not known what the links should be.
    desired: catalog && kongSide?.desired,
  };
  return gatherNode(question, asking, signal);
}

/** The connection of whichever target has one. */
function adminOf(target: NonNullable<Config['kong']>['target']): KongHttpOptions | undefined {
  for (const settings of Object.values(target ?? {})) {
    if (settings === undefined || !('url' in settings)) continue;
    const { url, tokenFile, headers, tls, timeout } = settings;
    return {
      url,
      timeoutMs: timeout,
      ...(tokenFile === undefined ? {} : { tokenFile }),
      ...(headers === undefined ? {} : { headers }),
      ...(tls === undefined ? {} : { tls }),
    };
  }
  return undefined;
}

/** Kong may name a socket of another machine or container: then only the user can say where it is. */
async function socketsOf(
  { pluginSocket, context, config }: GatherOptions,
  node: NodeFacts | undefined,
): Promise<readonly string[]> {
  if (pluginSocket !== undefined) return [pluginSocket];
  const { pluginName } = context.settings.rules;
  const local = node !== undefined && /^https?:\/\/(127\.|localhost|\[::1\])/.test(node.url);
  const own = (local ? node.pluginServers : []).filter(
    ({ name }, _index, all) => name.replaceAll('_', '-') === pluginName || all.length === 1,
  );
  const said = own.flatMap(({ socket }) => (socket === undefined ? [] : [socket]));
  const found = await findPluginSocket(config, context.env, said[0]);
  return found === undefined || said.includes(found) ? said : [found];
}

function settingsOf({ mesh, gateway }: Config, { settings }: PassContext): FactSettings {
  return {
    mesh,
    environment: gateway.environment,
    dataplanes: gateway.dataplane ?? [],
    ...(gateway.service === undefined ? {} : { service: gateway.service }),
    ...(gatewayLabels(gateway) ? { labelled: describeSelection(gateway) } : {}),
    owner: gateway.owner,
    ...(gateway.workload === undefined ? {} : { workload: gateway.workload }),
    room: { address: gateway.outbounds.address, ports: gateway.outbounds.ports },
    pluginName: settings.rules.pluginName,
    version,
  };
}
