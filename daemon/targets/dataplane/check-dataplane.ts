/** What stands against writing a Dataplane: much of it the API would accept without a word. Pure. */
import type { Failure } from '../../../catalog/error';
import { isGateway, type GatewayDataplane } from '../../../catalog/gateway';
import { dataplaneErrors } from './errors';
import { isOwn, placeOf, type OutboundRoom } from './outbound-form';
import { collide } from './plan-ports';

export interface Expected {
  readonly mesh: string;
  readonly zone?: string | undefined;
  readonly room: OutboundRoom;
}

/** Errors of these keep everything from being written; warnings are only told. */
export function checkDataplanes(
  dataplanes: readonly GatewayDataplane[],
  expected: Expected,
): readonly Failure[] {
  const zones = new Set(dataplanes.flatMap(({ zone }) => (zone === undefined ? [] : [zone])));
  const mixed =
    zones.size > 1
      ? [dataplaneErrors.failure('DATAPLANE_ZONES_DIFFER', { zones: [...zones].sort().join(', ') })]
      : [];
  return [...mixed, ...dataplanes.flatMap((dataplane) => checkOne(dataplane, expected))];
}

function checkOne(dataplane: GatewayDataplane, { mesh, zone, room }: Expected): readonly Failure[] {
  const context = { entity: entityOf(dataplane.name) };
  const failures: Failure[] = [];
  if (dataplane.mesh !== mesh) {
    const details = { found: dataplane.mesh, mesh };
    failures.push(dataplaneErrors.failure('DATAPLANE_FOREIGN_MESH', details, context));
  }
  // Of label and tag only the label is the control plane's own: a wrong tag is stored silently.
  const inZone = [dataplane.zone, dataplane.tags['kuma.io/zone']].filter(
    (one) => one !== undefined,
  );
  const expectedZone = zone ?? dataplane.zone;
  const found = inZone.find((one) => one !== expectedZone);
  if (found !== undefined) {
    const details = { found, zone: expectedZone };
    failures.push(dataplaneErrors.failure('DATAPLANE_FOREIGN_ZONE', details, context));
  }
  if (!isGateway(dataplane)) {
    failures.push(dataplaneErrors.failure('DATAPLANE_NOT_DELEGATED', {}, context));
  }
  return [...failures, ...checkOutbounds(dataplane, room, context)];
}

function checkOutbounds(
  { outbounds }: GatewayDataplane,
  room: OutboundRoom,
  context: { readonly entity: string },
): readonly Failure[] {
  const byPort = new Map<number, GatewayDataplane['outbounds'][number][]>();
  return outbounds.flatMap((outbound) => {
    const place = placeOf(outbound);
    const others = byPort.get(outbound.port) ?? [];
    byPort.set(outbound.port, [...others, outbound]);
    const { first, last } = room.ports;
    const inRange = outbound.port >= first && outbound.port <= last;
    const inRoom = inRange && collide(outbound, { address: room.address, port: outbound.port });
    return [
      ...(others.some((other) => collide(other, outbound))
        ? [dataplaneErrors.failure('DATAPLANE_PORT_TWICE', { place }, context)]
        : []),
      ...(inRoom && !isOwn(outbound, room)
        ? [dataplaneErrors.failure('DATAPLANE_RANGE_SHARED', { place }, context)]
        : []),
    ];
  });
}

/** `dataplane kong-01`: how findings name it. */
export function entityOf(name: string): string {
  return `dataplane ${name}`;
}
