/** The second half of expand: it ends when the sidecars listen on all that is led to. */
import type { Failure } from '../../../catalog/error';
import { describeTarget, outboundKey, type Outbound } from '../../../catalog/gateway';
import { awaitByConnecting, awaitThroughControlPlane, type Awaited } from './await-listeners';
import { entityOf } from './check-dataplane';
import type { DataplaneApi, ProxyState } from './dataplane-api';
import type { DataplaneStep, PhaseReport } from './dataplane-target';
import { dataplaneErrors } from './errors';
import { readResource } from './edit-resource';
import { isHere } from './local-ports';
import { placeOf } from './outbound-form';
import { listenerKey, type DataplaneMemory, type DataplaneSettings } from './settings';

export interface AwaitContext {
  readonly api: DataplaneApi;
  readonly settings: DataplaneSettings;
  readonly memory: DataplaneMemory;
  readonly settleMs: number;
  readonly pollMs: number;
}

/**
 * What is silent is left out of the gateway's addresses from the next plan on and looked at in passing,
 * so that one bad reference does not hold up all others. A sidecar that is not
 * connected at all is another matter: then nothing is known, and nothing is switched, unless others
 * serve meanwhile.
 */
export async function awaitSteps(
  steps: readonly DataplaneStep[],
  proxies: ReadonlyMap<string, ProxyState | undefined>,
  context: AwaitContext,
  signal: AbortSignal,
): Promise<Pick<PhaseReport, 'failures' | 'onlySilent'>> {
  if (steps.every((step) => step.add.length + step.await.length === 0)) {
    return { failures: [], onlySilent: false };
  }
  const paced = { ...context, ...(await paceOf(context, signal)) };
  const outcomes = await Promise.all(
    steps.map((step) => awaitStep(step, proxies.get(step.dataplane), paced, signal)),
  );
  const allOffline = outcomes.every(({ offline }) => offline);
  const { mesh } = context.settings;
  const failures = steps.flatMap(({ dataplane }, index) => {
    const { offline, late, unconfigured } = outcomes[index] ?? settled;
    if (unconfigured) return [unconfigured];
    if (!offline) return late;
    context.memory.offline.add(dataplane);
    const code = allOffline ? 'DATAPLANE_OFFLINE' : 'DATAPLANE_PEER_OFFLINE';
    const details = { name: dataplane, mesh };
    return [dataplaneErrors.failure(code, details, { entity: entityOf(dataplane) })];
  });
  const isAnySilent = outcomes.some(({ late }) => late.length > 0);
  const isAnyUnconfigured = outcomes.some(({ unconfigured }) => unconfigured !== undefined);
  return { failures, onlySilent: isAnySilent && !allOffline && !isAnyUnconfigured };
}

/** A proxy hears of a change at the next interval, and needs a moment for it. */
const marginMs = 2_000;
/** With it the usual times to wait are long enough. */
const usualRefreshMs = 1_000;

/** Waiting ends no sooner than a proxy can have heard of the change. */
async function paceOf(
  { api, settings, settleMs }: AwaitContext,
  signal: AbortSignal,
): Promise<{ readonly settleMs: number; readonly waitForMs: number }> {
  const { waitFor } = settings.config.outbounds;
  const refreshMs = (await api.refreshMs(signal)) ?? usualRefreshMs;
  if (refreshMs <= usualRefreshMs) return { settleMs, waitForMs: waitFor };
  const heardMs = refreshMs + marginMs;
  return {
    settleMs: Math.max(settleMs, heardMs),
    waitForMs: Math.max(waitFor, heardMs + marginMs),
  };
}

type PacedContext = AwaitContext & { readonly waitForMs: number };

interface Outcome {
  readonly offline: boolean;
  readonly late: readonly Failure[];
  /** It is connected and was never sent anything: no listener will ever come. */
  readonly unconfigured?: Failure;
}

const settled: Outcome = { offline: false, late: [] };

async function awaitStep(
  step: DataplaneStep,
  before: ProxyState | undefined,
  context: PacedContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { memory, api } = context;
  const { dataplane } = step;
  const outbounds = [...step.add, ...step.await];
  if (outbounds.length === 0) return settled;
  const keyOf = (outbound: Outbound): string => listenerKey(dataplane, outboundKey(outbound));
  const known = outbounds.filter((outbound) => memory.silent.has(keyOf(outbound)));
  const fresh = outbounds.filter((outbound) => !memory.silent.has(keyOf(outbound)));
  // One that was not connected is looked at in passing: it must not hold up the others again.
  const waitMs = memory.offline.has(dataplane) ? 0 : context.waitForMs;
  const [first, again] = await Promise.all([
    look(fresh, waitMs, step, before, context, signal),
    look(known, 0, step, before, context, signal),
  ]);
  for (const outbound of [...first.listening, ...again.listening]) {
    memory.heard.add(keyOf(outbound));
    memory.worked.add(keyOf(outbound));
    memory.silent.delete(keyOf(outbound));
  }
  if (first.offline) return { offline: true, late: [] };
  memory.offline.delete(dataplane);
  const nothingHeard = first.listening.length + again.listening.length === 0;
  if (step.plain === true && nothingHeard && (await api.live(dataplane, signal)) === null) {
    const details = { cause: await unnamedBecause(dataplane, api, signal) };
    const entity = { entity: entityOf(dataplane) };
    const unconfigured = dataplaneErrors.failure('DATAPLANE_NOT_CONFIGURED', details, entity);
    return { offline: false, late: [], unconfigured };
  }
  const late = first.silent.map((outbound) => {
    memory.silent.add(keyOf(outbound));
    const target = describeTarget(outbound.target);
    const details = { place: placeOf(outbound), target, waitedMs: waitMs };
    const entity = { entity: entityOf(dataplane) };
    return dataplaneErrors.failure('DATAPLANE_LISTENER_LATE', details, entity);
  });
  return { offline: false, late };
}

async function unnamedBecause(
  dataplane: string,
  api: DataplaneApi,
  signal: AbortSignal,
): Promise<string> {
  const resource = await api.read(dataplane, signal);
  const labels = resource ? readResource(dataplane, resource).labels : {};
  return labels['kuma.io/workload'] === undefined
    ? 'it has no label kuma.io/workload'
    : 'no certificate could be made for its workload';
}

async function look(
  outbounds: readonly Outbound[],
  waitForMs: number,
  step: DataplaneStep,
  before: ProxyState | undefined,
  { api, settings, settleMs, pollMs }: AwaitContext,
  signal: AbortSignal,
): Promise<Awaited> {
  if (outbounds.length === 0) return { listening: [], silent: [], offline: false };
  const { wait } = settings.config.outbounds;
  const options = { api, name: step.dataplane, outbounds, waitForMs, pollMs, settleMs };
  const connects = wait === 'connect' || (wait === 'auto' && isHere(step.address));
  if (connects) return awaitByConnecting(options, signal);
  return awaitThroughControlPlane(
    { ...options, before: step.add.length > 0 ? before : undefined },
    signal,
  );
}
