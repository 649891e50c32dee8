/** From what is observed and needed to what is to be done. Pure: memory comes in and goes out as values. */
import type { Failure } from '../../../catalog/error';
import {
  commonGateway,
  outboundKey,
  type GatewayDataplane,
  type Outbound,
} from '../../../catalog/gateway';
import { serviceKey } from '../../../catalog/service';
import type { HostPort, OutboundNeed } from '../../translate/translation';
import { checkDataplanes, entityOf } from './check-dataplane';
import { findContested } from './contested-outbounds';
import type { DataplanePlan, DataplaneStep } from './dataplane-target';
import { contractingChanges, expandingChanges } from './describe-step';
import { dataplaneErrors } from './errors';
import { describeTarget, isOwn, placeOf } from './outbound-form';
import { findGateways } from './find-gateways';
import { planGraces, portsOf } from './plan-graces';
import { planIdentity } from './plan-identity';
import { planPorts, type PortPlan } from './plan-ports';
import { listenerKey, type DataplaneMemory, type DataplaneSettings } from './settings';

export interface PlanInputs {
  readonly observed: readonly GatewayDataplane[];
  readonly needs: readonly OutboundNeed[];
  readonly inUse: readonly HostPort[];
  readonly nowMs: number;
}

export interface Planned {
  readonly plan: DataplanePlan;
  readonly memory: Pick<DataplaneMemory, 'unneededSince' | 'seen' | 'removals'>;
}

/** Where anything stands against it, nothing is planned at all: no half of it may be applied. */
export function planDataplanes(
  inputs: PlanInputs,
  settings: DataplaneSettings,
  memory: Readonly<DataplaneMemory>,
): Planned {
  const { nowMs } = inputs;
  const gateways = findGateways(inputs.observed, nowMs, settings, memory);
  const { present, missing, lastKnown, failures: found } = gateways;
  const seen = new Map(memory.seen);
  for (const dataplane of inputs.observed) seen.set(dataplane.name, { atMs: nowMs, dataplane });
  const idle = (failures: readonly Failure[]): Planned => ({
    plan: {
      gateway: commonGateway('universal', present.length > 0 ? present : lastKnown),
      expanding: [],
      contracting: [],
      failures,
      steps: [],
      unsettled: true,
    },
    memory: { seen, unneededSince: memory.unneededSince, removals: memory.removals },
  });
  const { mesh, room } = settings;
  const { zone } = settings.config;
  const before = [...found, ...checkDataplanes(present, { mesh, zone, room })];
  if (before.some(isError) || present.length === 0) return idle(before);

  const { needs, failures: refused } = wantedNeeds(inputs.needs, present, settings);
  const ports = planPorts({
    dataplanes: withFile(present, memory.fileOutbounds ?? []),
    needs,
    room,
    taken: new Set(stillBefore(nowMs, memory.taken)),
    resting: new Set([...stillBefore(nowMs, memory.resting), ...portsOf(inputs.inUse, room)]),
  });
  const graces = planGraces(present, ports.serving, inputs, settings, memory);
  const contested = findContested(present, ports.serving, memory.removals);
  const steps = present.map((dataplane): DataplaneStep => {
    const due = graces.due.get(dataplane.name) ?? [];
    const live = new Set(dataplane.outbounds.map(outboundKey));
    const identity = planIdentity(dataplane, settings, memory);
    return {
      dataplane: dataplane.name,
      address: dataplane.address,
      create: missing.has(dataplane.name) && settings.config.owner === 'api',
      add: ports.serving.filter((outbound) => !live.has(outboundKey(outbound))),
      // What belongs to a file comes back from there: it is not fought over.
      remove: memory.fileOwned.has(dataplane.name)
        ? []
        : due.filter((outbound) => !contested.isContested(dataplane.name, outbound)),
      await: awaited(dataplane, ports.serving, settings, memory),
      ...identity.step,
    };
  });
  const failures = [
    ...before,
    ...refused,
    ...portFailures(ports, room),
    ...present.flatMap((dataplane) => planIdentity(dataplane, settings, memory).failures),
    ...steps.flatMap((step) => ownershipFailures(step, memory)),
    ...silentFailures(steps, memory),
    ...contested.failures,
  ];
  if (failures.some(isError)) return idle(failures);
  return {
    plan: {
      gateway: commonGateway('universal', withoutSilent(present, ports.serving, memory)),
      expanding: steps.flatMap(expandingChanges),
      contracting: steps.flatMap(contractingChanges),
      failures,
      steps,
      awaiting: steps.some((step) => step.await.length > 0),
      unsettled: graces.running || steps.some((step) => step.await.length > 0) || found.length > 0,
    },
    memory: { seen, unneededSince: graces.since, removals: contested.removals },
  };
}

/** With transparent proxying the sidecar takes up all addresses by itself. */
function wantedNeeds(
  needs: readonly OutboundNeed[],
  present: readonly GatewayDataplane[],
  { transparentProxy }: DataplaneSettings,
): { readonly needs: readonly OutboundNeed[]; readonly failures: readonly Failure[] } {
  const transparent = transparentProxy ?? present.every((dataplane) => dataplane.transparentProxy);
  if (!transparent || needs.length === 0) return { needs, failures: [] };
  return { needs: [], failures: [dataplaneErrors.failure('DATAPLANE_TRANSPARENT')] };
}

/** The file may be ahead of the proxy: its ports are given out already. */
function withFile(
  present: readonly GatewayDataplane[],
  ahead: readonly Outbound[],
): readonly GatewayDataplane[] {
  if (ahead.length === 0) return present;
  return present.map((dataplane) => {
    const live = new Set(dataplane.outbounds.map(outboundKey));
    const further = ahead.filter((outbound) => !live.has(outboundKey(outbound)));
    return { ...dataplane, outbounds: [...dataplane.outbounds, ...further] };
  });
}

function stillBefore(nowMs: number, untilMs: ReadonlyMap<number, number>): readonly number[] {
  return [...untilMs].filter(([, until]) => until > nowMs).map(([port]) => port);
}

/** Own ones that are led to and that nobody saw listening yet. */
function awaited(
  { name, outbounds }: GatewayDataplane,
  serving: readonly Outbound[],
  { room }: DataplaneSettings,
  { heard }: Readonly<DataplaneMemory>,
): readonly Outbound[] {
  const live = new Set(outbounds.map(outboundKey));
  return serving.filter((outbound) => {
    const key = outboundKey(outbound);
    return isOwn(outbound, room) && live.has(key) && !heard.has(listenerKey(name, key));
  });
}

function withoutSilent(
  present: readonly GatewayDataplane[],
  serving: readonly Outbound[],
  { silent }: Readonly<DataplaneMemory>,
): readonly GatewayDataplane[] {
  return present.map((dataplane) => {
    const live = new Set(dataplane.outbounds.map(outboundKey));
    const added = serving.filter((outbound) => !live.has(outboundKey(outbound)));
    const outbounds = [...dataplane.outbounds, ...added].filter(
      (outbound) => !silent.has(listenerKey(dataplane.name, outboundKey(outbound))),
    );
    return { ...dataplane, outbounds };
  });
}

function portFailures(
  { unplaced, formless }: PortPlan,
  { ports }: DataplaneSettings['room'],
): readonly Failure[] {
  const [first] = unplaced;
  const exhausted = first
    ? [
        dataplaneErrors.failure('DATAPLANE_PORTS_EXHAUSTED', {
          ...ports,
          count: unplaced.length,
          target: describeTarget(first),
        }),
      ]
    : [];
  return [
    ...exhausted,
    ...formless.map(({ need, reason }) =>
      dataplaneErrors.failure('DATAPLANE_NO_FORM', {
        service: `${serviceKey(need.service)}:${need.port.port}`,
        reason,
      }),
    ),
  ];
}

/** Only where something would have to be written: a file that has everything needs no owner. */
function ownershipFailures(
  step: DataplaneStep,
  { fileOwned }: Readonly<DataplaneMemory>,
): readonly Failure[] {
  const evidence = fileOwned.get(step.dataplane);
  if (evidence === undefined || expandingChanges(step).length === 0) return [];
  const context = { entity: entityOf(step.dataplane) };
  return [dataplaneErrors.failure('DATAPLANE_FILE_OWNED', { evidence }, context)];
}

function silentFailures(
  steps: readonly DataplaneStep[],
  { silent }: Readonly<DataplaneMemory>,
): readonly Failure[] {
  return steps.flatMap(({ dataplane, await: awaiting }) =>
    awaiting
      .filter((outbound) => silent.has(listenerKey(dataplane, outboundKey(outbound))))
      .map((outbound) =>
        dataplaneErrors.failure(
          'DATAPLANE_LISTENER_MISSING',
          { place: placeOf(outbound), target: describeTarget(outbound.target) },
          { entity: entityOf(dataplane) },
        ),
      ),
  );
}

function isError({ severity }: Failure): boolean {
  return severity === 'error';
}
