/** The second half of expand: it ends when the sidecars listen on all that is led to. */
import type { Failure } from '../../../catalog/error';
import { describeTarget, outboundKey, type Outbound } from '../../../catalog/gateway';
import { awaitByConnecting, awaitThroughControlPlane, type Awaited } from './await-listeners';
import { entityOf } from './check-dataplane';
import type { DataplaneApi, ProxyState } from './dataplane-api';
import type { DataplaneStep, PhaseReport } from './dataplane-target';
import { dataplaneErrors } from './errors';
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
  const outcomes = await Promise.all(
    steps.map((step) => awaitStep(step, proxies.get(step.dataplane), context, signal)),
  );
  const allOffline = outcomes.every(({ offline }) => offline);
  const { mesh } = context.settings;
  const failures = steps.flatMap(({ dataplane }, index) => {
    const { offline, late } = outcomes[index] ?? settled;
    if (!offline) return late;
    context.memory.offline.add(dataplane);
    const code = allOffline ? 'DATAPLANE_OFFLINE' : 'DATAPLANE_PEER_OFFLINE';
    const details = { name: dataplane, mesh };
    return [dataplaneErrors.failure(code, details, { entity: entityOf(dataplane) })];
  });
  const isAnySilent = outcomes.some(({ late }) => late.length > 0);
  return { failures, onlySilent: isAnySilent && !allOffline };
}

interface Outcome {
  readonly offline: boolean;
  readonly late: readonly Failure[];
}

const settled: Outcome = { offline: false, late: [] };

async function awaitStep(
  step: DataplaneStep,
  before: ProxyState | undefined,
  context: AwaitContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { memory, settings } = context;
  const { dataplane } = step;
  const outbounds = [...step.add, ...step.await];
  if (outbounds.length === 0) return settled;
  const keyOf = (outbound: Outbound): string => listenerKey(dataplane, outboundKey(outbound));
  const known = outbounds.filter((outbound) => memory.silent.has(keyOf(outbound)));
  const fresh = outbounds.filter((outbound) => !memory.silent.has(keyOf(outbound)));
  // One that was not connected is looked at in passing: it must not hold up the others again.
  const waitMs = memory.offline.has(dataplane) ? 0 : settings.config.outbounds.waitFor;
  const [first, again] = await Promise.all([
    look(fresh, waitMs, step, before, context, signal),
    look(known, 0, step, before, context, signal),
  ]);
  for (const outbound of [...first.listening, ...again.listening]) {
    memory.heard.add(keyOf(outbound));
    memory.silent.delete(keyOf(outbound));
  }
  if (first.offline) return { offline: true, late: [] };
  memory.offline.delete(dataplane);
  const late = first.silent.map((outbound) => {
    memory.silent.add(keyOf(outbound));
    const target = describeTarget(outbound.target);
    const details = { place: placeOf(outbound), target, waitedMs: waitMs };
    const entity = { entity: entityOf(dataplane) };
    return dataplaneErrors.failure('DATAPLANE_LISTENER_LATE', details, entity);
  });
  return { offline: false, late };
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
