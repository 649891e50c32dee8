import { hasErrors, MeshdError } from '../../../catalog/error';
import { outboundKey, type GatewayDataplane } from '../../../catalog/gateway';
import { createConnection, type ConnectionOptions } from '../../sources/kuma/connection';
import { gatewayNames } from '../../sources/resources/select-gateways';
import { awaitSteps } from './await-phase';
import { confirmProxies } from './confirm-proxies';
import type { GatewayWriteConfig } from './config';
import { createDataplaneApi } from './dataplane-api';
import type { DataplanePlan, DataplaneTarget, PhaseReport } from './dataplane-target';
import { planDataplanes } from './plan-dataplanes';
import { emptyMemory, listenerKey, type DataplaneMemory, type DataplaneSettings } from './settings';
import { contractByApi, expandByApi, type Found, type Proxies } from './write-by-api';
import { contractByFile, expandByFile } from './write-by-file';

export interface DataplaneTargetOptions {
  /** The control plane of the gateway's zone: the settings of the `kuma` source. */
  readonly controlPlane: ConnectionOptions;
  readonly mesh: string;
  /** Names; without them what has the labels, or else the identity. */
  readonly dataplane?: string | readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The `kuma.io/service` that the gateways must have. */
  readonly service?: string | undefined;
  /** Overrides what the Dataplanes say. */
  readonly transparentProxy?: boolean | undefined;
  readonly config: GatewayWriteConfig;
  /** The clock of `plan`'s `nowMs`. Default: that of the process. */
  readonly now?: () => number;
  /** How long a Dataplane must be gone before it counts as gone. Default 20 s. */
  readonly absenceMs?: number;
  /** After so long a connected sidecar elsewhere has what it was told. Default 3 s. */
  readonly settleMs?: number;
  /** Between two looks at what is waited for. Default 100 ms. */
  readonly pollMs?: number;
}

/** The control plane deletes 10 s after a disconnect, and 7 s more were seen until the proxy was back. */
const defaultAbsenceMs = 20_000;
/** Up to 2 s were seen from a write to the listener. */
const defaultSettleMs = 3_000;
const defaultPollMs = 100;
/** A control plane may tell its proxies of changes only every 10 s (Kuma 3.0). */
const confirmFactor = 5;

/** Nothing is connected to before the first expand. The only state is a memory that may be lost. */
export function createDataplaneTarget(options: DataplaneTargetOptions): DataplaneTarget {
  const { mesh, now = () => performance.now() } = options;
  const settings = settingsOf(options);
  const connection = createConnection(options.controlPlane);
  const api = createDataplaneApi(connection, mesh);
  const settleMs = options.settleMs ?? defaultSettleMs;
  const memory = emptyMemory(settleMs * confirmFactor);
  const isFile = settings.config.owner === 'file';
  const context = {
    api,
    connection,
    settings,
    memory,
    now,
    settleMs,
    pollMs: options.pollMs ?? defaultPollMs,
  };

  return {
    name: 'dataplane',
    plan(observed, needs, nowMs, around = {}) {
      forgetListeners(memory, observed);
      const planned = planDataplanes({ observed, needs, nowMs, around }, settings, memory);
      Object.assign(memory, planned.memory);
      return planned.plan;
    },
    expand: (plan, signal) =>
      report(plan, async (steps, found) => {
        await connection.refresh(signal);
        let proxies = none;
        if (isFile) await expandByFile(steps, context, found, signal);
        else proxies = await expandByApi(steps, context, found, signal);
        if (plan.confirming === true) await confirmProxies(steps, context, signal);
        const awaited = await awaitSteps(steps, proxies, context, signal);
        found.onlySilent = !hasErrors(found.failures) && awaited.onlySilent === true;
        found.failures.push(...awaited.failures);
      }),
    contract: (plan, signal) =>
      report(plan, async (steps, found) => {
        await connection.refresh(signal);
        const removing = steps.filter(({ remove }) => remove.length > 0);
        if (isFile) await contractByFile(removing, context, found);
        else await contractByApi(removing, context, found, signal);
      }),
  };
}

export function settingsOf(options: DataplaneTargetOptions): DataplaneSettings {
  const { mesh, config, service, transparentProxy, dataplane, labels, absenceMs } = options;
  const { address, ports } = config.outbounds;
  return {
    mesh,
    names: gatewayNames({ dataplane }),
    labels,
    service,
    transparentProxy,
    room: { address, ports },
    config,
    absenceMs: absenceMs ?? defaultAbsenceMs,
  };
}

const none: Proxies = new Map();

/** A finding ends the phase and is reported with what was done; an abort or a defect is thrown. */
async function report(
  { steps = [] }: DataplanePlan,
  run: (steps: NonNullable<DataplanePlan['steps']>, found: Found) => Promise<void>,
): Promise<PhaseReport> {
  const found: Found = { writes: 0, failures: [] };
  try {
    await run(steps, found);
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    found.failures.push(error.toFailure());
    found.replan = error.code === 'DATAPLANE_PORT_TAKEN' && found.writes === 0;
  }
  return found;
}

/** A listener whose outbound is gone must be waited for again, should the outbound come back. */
function forgetListeners(memory: DataplaneMemory, observed: readonly GatewayDataplane[]): void {
  const live = new Set(
    observed.flatMap(({ name, outbounds }) =>
      outbounds.map((outbound) => listenerKey(name, outboundKey(outbound))),
    ),
  );
  const names = observed.map(({ name }) => `${name}>`);
  for (const key of [...memory.heard, ...memory.silent]) {
    if (live.has(key) || !names.some((name) => key.startsWith(name))) continue;
    memory.heard.delete(key);
    memory.silent.delete(key);
  }
}
