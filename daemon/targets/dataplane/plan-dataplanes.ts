/** From what is observed and needed to what is to be done. Pure: memory comes in and goes out as values. */
import { traitsOf, type ControlPlaneTraits } from '../../../catalog/control-plane';
import type { Failure } from '../../../catalog/error';
import {
  commonGateway,
  describeTarget,
  outboundKey,
  type GatewayDataplane,
  type Outbound,
} from '../../../catalog/gateway';
import { serviceKey } from '../../../catalog/service';
import type { OutboundNeed } from '../../translate/translation';
import { checkDataplanes, entityOf } from './check-dataplane';
import { findContested } from './contested-outbounds';
import type { DataplanePlan, DataplaneStep, PlanAround } from './dataplane-target';
import { contractingChanges, expandingChanges } from './describe-step';
import { dataplaneErrors } from './errors';
import { isOwn, placeOf } from './outbound-form';
import { findGateways } from './find-gateways';
import { hiddenFailures, hiddenOutbounds, withoutUnreachable } from './hidden-outbounds';
import { planGraces, portsOf } from './plan-graces';
import { planIdentity } from './plan-identity';
import { planPorts, type PortPlan } from './plan-ports';
import { ledgerWith, planRest, rememberedPorts, withoutReleased, type Rest } from './port-memory';
import { listenerKey, type DataplaneMemory, type DataplaneSettings } from './settings';

export interface PlanInputs {
  readonly observed: readonly GatewayDataplane[];
  readonly needs: readonly OutboundNeed[];
  readonly nowMs: number;
  readonly around: PlanAround;
}

export interface Planned {
  readonly plan: DataplanePlan;
  readonly memory: Pick<DataplaneMemory, 'unneededSince' | 'seen' | 'removals' | 'freedSince'>;
}

/** Where anything stands against it, nothing is planned at all: no half of it may be applied. */
export function planDataplanes(
  inputs: PlanInputs,
  settings: DataplaneSettings,
  memory: Readonly<DataplaneMemory>,
): Planned {
  const { nowMs, around } = inputs;
  const traits = traitsOf(around.controlPlane);
  const gateways = findGateways(inputs.observed, nowMs, settings, memory, traits);
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
    memory: {
      seen,
      unneededSince: memory.unneededSince,
      removals: memory.removals,
      freedSince: memory.freedSince,
    },
  });
  const { mesh, room } = settings;
  const { zone } = settings.config;
  const before = [...found, ...checkDataplanes(present, { mesh, zone, room })];
  if (before.some(isError) || present.length === 0) return idle(before);

  const { needs, failures: refused } = wantedNeeds(inputs.needs, present, settings);
  const withFiles = withFile(present, memory.fileOutbounds ?? []);
  const held = new Set(portsOf(around.inUse ?? [], room));
  // Where neither Kong nor a snapshot says what was given out, any port may be somebody's.
  const known = around.kongUnread !== true;
  const mayDeal = known || around.ledger !== undefined;
  const ledger = ledgerWith(around.ledger, withFiles, held, room);
  const rest = planRest(
    ledger,
    [...seen].flatMap(([name, { atMs }]) =>
      nowMs - atMs < settings.config.outbounds.reuseAfter ? [name] : [],
    ),
    { outbounds: withFiles.flatMap(({ outbounds }) => outbounds), held, known, nowMs },
    settings,
    memory,
  );
  const services = around.services ?? needs.map(({ service }) => service);
  const ports = planPorts({
    dataplanes: withFiles,
    needs,
    services,
    room,
    taken: new Set(stillBefore(nowMs, memory.taken)),
    held,
    ledger: withoutReleased(ledger, rest.released),
    remembered: rememberedPorts(around.remembered ?? [], room),
    mayDeal,
    traits,
  });
  const hidden = traits.sharedListeners ? hiddenOutbounds(present, services) : [];
  const graces = planGraces(
    present,
    ports.serving,
    { held, known, nowMs, hidden: new Set(hidden.map(({ key }) => key)) },
    settings,
    memory,
  );
  const contested = findContested(present, ports.serving, memory.removals);
  const steps = present.map((dataplane): DataplaneStep => {
    const due = graces.due.get(dataplane.name) ?? [];
    const live = new Set(dataplane.outbounds.map(outboundKey));
    const identity = planIdentity(dataplane, settings, memory, traits);
    return {
      dataplane: dataplane.name,
      address: dataplane.address,
      create: missing.has(dataplane.name) && settings.config.owner === 'api',
      ...(traits.gatewayBlock ? {} : { plain: true }),
      add: ports.serving.filter((outbound) => !live.has(outboundKey(outbound))),
      // What belongs to a file comes back from there: it is not fought over.
      remove: memory.fileOwned.has(dataplane.name)
        ? []
        : due.filter((outbound) => !contested.isContested(dataplane.name, outbound)),
      await: awaited(dataplane, ports.serving, settings, memory, traits),
      ...identity.step,
    };
  });
  const failures = [
    ...before,
    ...refused,
    ...portFailures(ports, rest, mayDeal, room),
    ...present.flatMap((dataplane) => planIdentity(dataplane, settings, memory, traits).failures),
    ...steps.flatMap((step) => ownershipFailures(step, memory)),
    ...silentFailures(steps, memory),
    ...hiddenFailures(hidden, settings),
    ...contested.failures,
  ];
  if (failures.some(isError)) return idle(failures);
  const confirming = ports.unplaced.length > 0 && rest.unconfirmed.size > 0;
  return {
    plan: {
      gateway: commonGateway(
        'universal',
        withoutUnreachable(
          present,
          ports.serving,
          hidden,
          { held, published: around.published ?? new Map() },
          memory,
        ),
      ),
      expanding: steps.flatMap(expandingChanges),
      contracting: steps.flatMap(contractingChanges),
      failures,
      steps,
      awaiting: confirming || steps.some((step) => step.await.length > 0),
      unsettled: graces.running || steps.some((step) => step.await.length > 0) || found.length > 0,
      unplaced: ports.unplaced.length > 0,
      ledger: ports.ledger,
      confirming,
    },
    memory: {
      seen,
      unneededSince: graces.since,
      removals: contested.removals,
      freedSince: rest.freedSince,
    },
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
  { sharedListeners }: ControlPlaneTraits,
): readonly Outbound[] {
  const live = new Set(outbounds.map(outboundKey));
  return serving.filter((outbound) => {
    const key = outboundKey(outbound);
    // One of the user takes a listener over when the sidecar hears of it, and not before.
    const mayBeLate = isOwn(outbound, room) || sharedListeners;
    return mayBeLate && live.has(key) && !heard.has(listenerKey(name, key));
  });
}

function portFailures(
  { unplaced, formless }: PortPlan,
  { freedSince, unconfirmed }: Rest,
  mayDeal: boolean,
  { ports }: DataplaneSettings['room'],
): readonly Failure[] {
  const [first] = unplaced;
  const details = {
    ...ports,
    count: unplaced.length,
    resting: freedSince.size,
    unconfirmed: unconfirmed.size,
  };
  const code = mayDeal ? 'DATAPLANE_PORTS_EXHAUSTED' : 'DATAPLANE_PORTS_WAIT';
  const exhausted = first
    ? [dataplaneErrors.failure(code, { ...details, target: describeTarget(first) })]
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
