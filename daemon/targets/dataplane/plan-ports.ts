/**
 * Which outbound serves which need, and on which port. Pure. One port map in common over all gateways
 * of a Kong config: the same place must lead to the same service on every one of them.
 */
import { traitsOf, type ControlPlaneTraits } from '../../../catalog/control-plane';
import {
  commonGateway,
  outboundKey,
  type GatewayDataplane,
  type Outbound,
  type OutboundTarget,
} from '../../../catalog/gateway';
import { indexOutbounds, type OutboundIndex } from '../../../catalog/outbound-index';
import { portOwner, type PortLedger } from '../../../catalog/port-ledger';
import { serviceKey, type MeshService } from '../../../catalog/service';
import type { OutboundNeed } from '../../translate/translation';
import { withListening } from './hidden-outbounds';
import { isOwn, placeOf, targetFor, type OutboundRoom } from './outbound-form';

export interface PortInputs {
  /** The gateways as observed, those to be created among them. */
  readonly dataplanes: readonly GatewayDataplane[];
  readonly needs: readonly OutboundNeed[];
  /** Every service of the observation. */
  readonly services: readonly MeshService[];
  readonly room: OutboundRoom;
  /** Ports that another process has on a gateway's host. */
  readonly taken: ReadonlySet<number>;
  /** Ports that something may still point at: only the service that had one gets it. */
  readonly held: ReadonlySet<number>;
  /** What the ports were given to so far. */
  readonly ledger: PortLedger;
  /** Ports by their owner, where only Kong remembers them. */
  readonly remembered: ReadonlyMap<string, number>;
  /** False where it is not known what was given out before: then no new port is. */
  readonly mayDeal: boolean;
  /** Of the control plane; default those of 2.x. */
  readonly traits?: ControlPlaneTraits;
}

export interface PortPlan {
  /** What serves the needs: on every gateway once the additions are there. */
  readonly serving: readonly Outbound[];
  /** By name of the Dataplane; only those that lack something. */
  readonly additions: ReadonlyMap<string, readonly Outbound[]>;
  /** For these the range has no port left. */
  readonly unplaced: readonly OutboundTarget[];
  /** No outbound can be made for these. */
  readonly formless: readonly { readonly need: OutboundNeed; readonly reason: string }[];
  /** With what was given out by this plan. */
  readonly ledger: PortLedger;
}

/**
 * Ports that are in use never move: what every gateway has stays, the user's outbounds like our own.
 * What only some of them have is given to the others where its place is free there. A service gets the
 * port back that it had, though no Dataplane knows of it. The rest gets the next port of the range that
 * nothing points at.
 */
export function planPorts(inputs: PortInputs): PortPlan {
  const { dataplanes, services, room, taken, ledger, traits = traitsOf(undefined) } = inputs;
  const zone = commonZone(dataplanes);
  const byLabels = dataplanes.every(({ plain }) => plain === true);
  const listening = traits.sharedListeners
    ? dataplanes.map((dataplane) => withListening(dataplane, services))
    : dataplanes;
  const sides = dataplanes.map((dataplane, at) => toSide(dataplane, listening[at], services));
  const common = commonGateway('universal', listening);
  const shared = indexOutbounds(common.outbounds, services, common.zone);
  const serving: Outbound[] = [];
  const unplaced: OutboundTarget[] = [];
  const formless: { need: OutboundNeed; reason: string }[] = [];
  const open: { need: OutboundNeed; target: OutboundTarget }[] = [];
  const given = new Map(ledger.given);
  let { next } = ledger;
  const serve = (need: OutboundNeed, outbound: Outbound): void => {
    serving.push(outbound);
    if (isOwn(outbound, room)) given.set(outbound.port, portOwner(need.service, need.port));
  };
  const place = (need: OutboundNeed, target: OutboundTarget, port: number): void => {
    const outbound = { address: room.address, port, target };
    for (const side of sides) add(side, outbound);
    serve(need, outbound);
  };

  for (const need of sortNeeds(inputs.needs)) {
    const found = shared.find(need.service, need.port) ?? spread(need, sides, room, taken);
    if (found) {
      serve(need, found);
      continue;
    }
    const elsewhere = traits.sharedListeners ? reachedElsewhere(need, sides) : undefined;
    const target = elsewhere ?? targetFor(need, zone, services, { ...traits, byLabels });
    if ('reason' in target) formless.push({ need, reason: target.reason });
    else open.push({ need, target });
  }
  // Only now: what is spread must keep its place before anything else takes it.
  const fresh = open.filter(({ need, target }) => {
    const port = portBefore(need, inputs);
    const isFree =
      port !== undefined &&
      !taken.has(port) &&
      !sides.some((side) => isTaken(side, { address: room.address, port }));
    if (isFree) place(need, target, port);
    return !isFree;
  });
  const before = new Set(given.keys());
  const free = freePorts(sides, room, next, (port) => {
    return !inputs.mayDeal || taken.has(port) || inputs.held.has(port) || before.has(port);
  });
  for (const { need, target } of fresh) {
    const port = free.next().value;
    if (port === undefined) {
      unplaced.push(target);
      continue;
    }
    place(need, target, port);
    next = port + 1;
  }
  const additions = sides.filter(({ added }) => added.length > 0);
  return {
    serving,
    additions: new Map(additions.map(({ name, added }) => [name, added])),
    unplaced,
    formless,
    ledger: { next, given },
  };
}

/** The port that a service had, by the ledger or else by Kong. */
function portBefore(
  { service, port }: OutboundNeed,
  { ledger, remembered, held, room }: PortInputs,
): number | undefined {
  const owner = portOwner(service, port);
  const had = [...ledger.given].flatMap(([number, has]) => (has === owner ? [number] : []));
  const known = remembered.get(owner);
  const others = ledger.given.get(known ?? 0);
  if (known !== undefined && (others === undefined || others === owner)) had.push(known);
  const inRoom = had.filter((number) => number >= room.ports.first && number <= room.ports.last);
  return inRoom.find((number) => held.has(number)) ?? inRoom[0];
}

/** The own outbounds of one gateway that serve no need. */
export function unneededOutbounds(
  dataplane: GatewayDataplane,
  serving: ReadonlySet<string>,
  room: OutboundRoom,
): readonly Outbound[] {
  return dataplane.outbounds.filter(
    (outbound) => isOwn(outbound, room) && !serving.has(outboundKey(outbound)),
  );
}

/** The zone all of them are in, where it is one. */
export function commonZone(dataplanes: readonly GatewayDataplane[]): string | undefined {
  const zones = new Set(dataplanes.map(({ zone }) => zone));
  return zones.size === 1 ? [...zones][0] : undefined;
}

/** Whether both would listen at one place. */
export function collide(a: Outbound, b: Pick<Outbound, 'address' | 'port'>): boolean {
  return a.port === b.port && (a.address === b.address || isAny(a.address) || isAny(b.address));
}

interface Side {
  readonly name: string;
  readonly keys: Set<string>;
  readonly byPort: Map<number, Outbound[]>;
  readonly index: OutboundIndex;
  readonly added: Outbound[];
}

/** An outbound more to the same destination would take the listener of the one that is there. */
function reachedElsewhere(
  { service, port }: OutboundNeed,
  sides: readonly Side[],
): { readonly reason: string } | undefined {
  for (const { name, index } of sides) {
    const found = index.find(service, port);
    if (!found) continue;
    const place = placeOf(found);
    return {
      reason: `${name} reaches it at ${place}, and the other gateways do not: give them the same outbound`,
    };
  }
  return undefined;
}

function toSide(
  { name, zone, outbounds }: GatewayDataplane,
  listening: GatewayDataplane | undefined,
  services: readonly MeshService[],
): Side {
  const byPort = new Map<number, Outbound[]>();
  for (const outbound of outbounds) {
    byPort.set(outbound.port, [...(byPort.get(outbound.port) ?? []), outbound]);
  }
  return {
    name,
    keys: new Set(outbounds.map(outboundKey)),
    byPort,
    index: indexOutbounds(listening?.outbounds ?? outbounds, services, zone),
    added: [],
  };
}

function add(side: Side, outbound: Outbound): void {
  side.keys.add(outboundKey(outbound));
  side.byPort.set(outbound.port, [...(side.byPort.get(outbound.port) ?? []), outbound]);
  side.added.push(outbound);
}

/** An own outbound that some gateways have, given to the others; the most common one first. */
function spread(
  { service, port }: OutboundNeed,
  sides: readonly Side[],
  room: OutboundRoom,
  taken: ReadonlySet<number>,
): Outbound | undefined {
  const candidates = new Map<string, { outbound: Outbound; count: number }>();
  for (const side of sides) {
    const outbound = side.index.find(service, port);
    // A user's outbound is not copied: out of the range, the copy could never be told for ours.
    if (!outbound || !isOwn(outbound, room)) continue;
    const key = outboundKey(outbound);
    const count = sides.filter(({ keys }) => keys.has(key)).length;
    candidates.set(key, { outbound, count });
  }
  const ordered = [...candidates.values()].sort(
    (a, b) => b.count - a.count || a.outbound.port - b.outbound.port,
  );
  for (const { outbound } of ordered) {
    const lacking = sides.filter(({ keys }) => !keys.has(outboundKey(outbound)));
    const blocked = lacking.length > 0 && taken.has(outbound.port);
    if (blocked || lacking.some((side) => isTaken(side, outbound))) continue;
    for (const side of lacking) add(side, outbound);
    return outbound;
  }
  return undefined;
}

/** Next-fit: a port that was given back is the last to be given out again. */
function* freePorts(
  sides: readonly Side[],
  { address, ports }: OutboundRoom,
  next: number,
  isBlocked: (port: number) => boolean,
): Generator<number, undefined> {
  const { first, last } = ports;
  const start = next >= first && next <= last ? next : first;
  const count = last - first + 1;
  for (let step = 0; step < count; step++) {
    const port = first + ((start - first + step) % count);
    if (isBlocked(port) || sides.some((side) => isTaken(side, { address, port }))) continue;
    yield port;
  }
  return undefined;
}

function isTaken(side: Side, place: Pick<Outbound, 'address' | 'port'>): boolean {
  return (side.byPort.get(place.port) ?? []).some((outbound) => collide(outbound, place));
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** In a fixed order and each once, so that the same needs in any order get the same ports. */
function sortNeeds(needs: readonly OutboundNeed[]): readonly OutboundNeed[] {
  const byKey = new Map(
    needs.map((need) => [
      `${serviceKey(need.service)}:${String(need.port.port).padStart(5, '0')}:${need.port.tag ?? ''}`,
      need,
    ]),
  );
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, need]) => need);
}
