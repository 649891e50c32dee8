/** The composition root: the only place that makes sources, targets and the pass out of a configuration. */
import { resolve } from 'node:path';

import type { Failure } from '../../catalog/error';
import type { Config } from '../config/schema';
import { kongFiles } from '../config/kong-files';
import { fingerprint } from '../kong/ids';
import type { ReportProgress } from '../progress';
import { systemClock } from '../reconcile/clock';
import type { PassContext } from '../reconcile/context';
import { lastGood } from '../sources/last-good';
import { createSources } from '../sources/registry';
import type { AppliedStore } from '../targets/applied-file';
import type { ConfirmationStore } from '../targets/confirmation-file';
import { selectsGateways } from '../sources/resources/select-gateways';
import type { DataplaneTarget } from '../targets/dataplane/dataplane-target';
import type { UpstreamTarget } from '../targets/kubernetes-align/upstream-target';
import { fitTargetOf } from '../targets/kong-target-config';
import { createKongTarget } from '../targets/registry';
import type { SnapshotTarget } from '../targets/snapshot/snapshot-target';
import { TranslateRules } from '../translate/rules';

export interface ComposeUse {
  /** Passes go on for as long as the process lives. */
  readonly isDaemon?: boolean;
  /** Nothing is written, not even what only saves work. */
  readonly readOnly: boolean;
  /** Hears of what stops nothing: a state file that cannot be used or written. */
  readonly report?: (failure: Failure) => void;
  readonly progress?: ReportProgress | undefined;
}

/**
 * Everything a pass works with; nothing is read, watched or connected to yet, and only what is
 * configured is loaded.
 * @param use.readOnly for commands that only show: not even the last good observation is written.
 */
export async function compose(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  use: ComposeUse,
): Promise<PassContext> {
  const { gateway, kong } = config;
  const files = kong && kongFiles(kong.config, { settleMs: kong.settle });
  const rules = TranslateRules.parse({
    address: gateway.address,
    adopt: config.adopt,
    ownerTag: config.ownerTag,
  });
  const selection = {
    ...(gateway.dataplane ? { dataplane: gateway.dataplane } : {}),
    ...(gateway.service === undefined ? {} : { service: gateway.service }),
    ...(gateway.labels === undefined ? {} : { labels: gateway.labels }),
    ...(gateway.workload === undefined ? {} : { workload: gateway.workload }),
  };
  return {
    source: lastGood(
      await createSources(config.sources, {
        mesh: config.mesh,
        gateway: selection,
        serviceUpstream: gateway.serviceUpstream,
      }),
      {
        ...(config.stateFile === undefined ? {} : { file: config.stateFile }),
        about: JSON.stringify({ mesh: config.mesh, ...selection }),
        readOnly: use.readOnly,
        ...(use.report ? { report: use.report } : {}),
      },
    ),
    kongFiles: files,
    fitTarget: kong?.target && fitTargetOf(kong.target, kong.policy),
    kong:
      kong?.target &&
      files &&
      (await createKongTarget(kong.target, {
        ownerTag: config.ownerTag,
        env,
        progress: use.progress,
      })),
    applied: await composeApplied(config, use),
    confirmations: await composeConfirmations(config),
    dataplane: await composeDataplane(config),
    upstream: await composeUpstream(config, use),
    snapshot: await composeSnapshot(config),
    env,
    clock: systemClock,
    progress: use.progress,
    settings: {
      environment: gateway.environment,
      transparentProxy: gateway.transparentProxy,
      zone: gateway.zone,
      renews: use.isDaemon,
      outboundAddress: gateway.outbounds.address,
      // Half of the time after which a port may get another service: nobody relies on it by then.
      ...(gateway.environment === 'universal' ? { trustMs: gateway.outbounds.reuseAfter / 2 } : {}),
      // The rules were parsed with the configuration: parsing them twice would apply defaults twice.
      rules: { ...rules, expose: config.expose },
      policy: kong?.policy ?? 'sync',
      prune: kong?.prune ?? 'owned',
      limits: {
        share: config.guard.share,
        atLeast: config.guard.atLeast,
        confirmAfterMs: config.guard.confirmAfter,
      },
      probeMs: config.loop.probe,
    },
  };
}

function besideState(stateFile: string, what: 'applied' | 'confirmed'): string {
  return `${stateFile.replace(/\.json$/, '')}.${what}.json`;
}

/** The record of what was applied lies beside the last good observation, one for each gateway. */
async function composeApplied(
  { stateFile, kong }: Config,
  { readOnly, report }: ComposeUse,
): Promise<AppliedStore | undefined> {
  if (stateFile === undefined || !kong?.target) return undefined;
  const { dbless, admin, file } = kong.target;
  const about = {
    url: dbless?.url ?? admin?.url,
    workspace: admin?.workspace,
    path: file && resolve(file.path),
  };
  const { createAppliedFile } = await import('../targets/applied-file.js');
  return createAppliedFile({
    file: besideState(stateFile, 'applied'),
    about: fingerprint(JSON.stringify(about)),
    readOnly,
    ...(report ? { report } : {}),
  });
}

async function composeConfirmations({ stateFile }: Config): Promise<ConfirmationStore | undefined> {
  if (stateFile === undefined) return undefined;
  const { createConfirmationFile } = await import('../targets/confirmation-file.js');
  return createConfirmationFile(besideState(stateFile, 'confirmed'));
}

async function composeSnapshot({ plugin }: Config): Promise<SnapshotTarget | undefined> {
  if (!plugin) return undefined;
  const { createSnapshotTarget } = await import('../targets/snapshot/snapshot-target.js');
  return createSnapshotTarget({ file: plugin.snapshot });
}

/**
 * What keeps the gateway's identity: its Dataplane, or on Kubernetes the Services that the control
 * plane derives it from. Only where the configuration says whose, and there is somebody to write to.
 */
async function composeDataplane(config: Config): Promise<DataplaneTarget | undefined> {
  const { gateway, sources } = config;
  if (!gateway.manage) return undefined;
  if (gateway.environment === 'universal') return composeUniversal(config);
  const cluster = sources.find((source) => source.kubernetes)?.kubernetes;
  const wanted = gateway.align === 'enforce' ? gateway.service : undefined;
  if (!cluster || wanted === undefined) return undefined;
  const { createKubernetesAlign } =
    await import('../targets/kubernetes-align/create-kubernetes-align.js');
  return createKubernetesAlign(cluster, wanted);
}

/** A pass that others follow must not wait for thousands of Services. */
const upstreamBatch = 40;

async function composeUpstream(
  { gateway, sources }: Config,
  { isDaemon = false }: ComposeUse,
): Promise<UpstreamTarget | undefined> {
  const cluster = sources.find((source) => source.kubernetes)?.kubernetes;
  if (!cluster || gateway.serviceUpstream !== 'enforce') return undefined;
  const [{ createUpstreamTarget }, { createApiClient }, { createCluster }] = await Promise.all([
    import('../targets/kubernetes-align/upstream-target.js'),
    import('../kubernetes-client/api-client.js'),
    import('../kubernetes-client/create-cluster.js'),
  ]);
  return createUpstreamTarget({
    client: createApiClient({ cluster: createCluster(cluster), timeoutMs: cluster.timeoutMs }),
    ...(isDaemon ? { batch: upstreamBatch } : {}),
  });
}

async function composeUniversal({
  gateway,
  mesh,
  sources,
}: Config): Promise<DataplaneTarget | undefined> {
  const controlPlane = sources.find((source) => source.kuma)?.kuma;
  if (!controlPlane || !selectsGateways(gateway)) return undefined;
  const { dataplane, labels, service, transparentProxy } = gateway;
  const { createDataplaneTarget } = await import('../targets/dataplane/create-dataplane-target.js');
  return createDataplaneTarget({
    controlPlane,
    mesh,
    dataplane,
    labels,
    service,
    transparentProxy,
    config: gateway,
  });
}
