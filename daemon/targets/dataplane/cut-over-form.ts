/** The edits that take a gateway's Dataplane to the form of 3.x and back, everything else left as it is. Pure. */
import type { Outbound } from '../../../catalog/gateway';
import { hasLabels } from '../../../catalog/outbound-index';
import type { MeshService } from '../../../catalog/service';
import type { DataplaneResource } from './dataplane-api';
import { entityOf } from './check-dataplane';
import { readResource, withoutAnswerOnly, type Edited } from './edit-resource';
import { dataplaneErrors } from './errors';
import { isOwn, outboundResource, placeOf, targetFor, type OutboundRoom } from './outbound-form';

/** Without the block a gateway is an ordinary Dataplane: what 3.0 makes of it in any case. */
export function withoutBlock(name: string, resource: DataplaneResource): Edited {
  const { plain } = readResource(name, resource);
  if (plain === true) return { resource, changed: false };
  const networking = Object.fromEntries(
    Object.entries(networkingOf(resource)).filter(([key]) => key !== 'gateway'),
  );
  return { resource: { ...withoutAnswerOnly(resource), networking }, changed: true };
}

/** 2.x makes `spiffe://<mesh>/<service>` of the tag: without one it refuses every later write. */
export function withBlock(service: string): (name: string, resource: DataplaneResource) => Edited {
  return (name, resource) => {
    const { plain } = readResource(name, resource);
    if (plain !== true) return { resource, changed: false };
    const gateway = { type: 'DELEGATED', tags: { 'kuma.io/service': service } };
    const networking = { ...networkingOf(resource), gateway };
    return { resource: { ...withoutAnswerOnly(resource), networking }, changed: true };
  };
}

/**
 * Own outbounds by name, by labels in place. Both resolve to one and the same service, so the listener does not
 * change; where the labels would find another one or none, the name stays.
 * @throws MeshdError DATAPLANE_NO_FORM
 */
export function withLabels(
  room: OutboundRoom,
  services: readonly MeshService[],
): (name: string, resource: DataplaneResource) => Edited {
  return (name, resource) => {
    const { outbounds, zone } = readResource(name, resource);
    const networking = networkingOf(resource);
    const entries = Array.isArray(networking['outbound']) ? networking['outbound'] : [];
    const changed = outbounds.some((one) => isByName(one, room));
    const outbound = entries.map((entry: unknown, index) => {
      const one = outbounds[index];
      if (!one || !isByName(one, room)) return entry;
      return outboundResource({ ...one, target: labelled(name, one, zone, services) });
    });
    if (!changed) return { resource, changed };
    return {
      resource: { ...withoutAnswerOnly(resource), networking: { ...networking, outbound } },
      changed,
    };
  };
}

function isByName(outbound: Outbound, room: OutboundRoom): boolean {
  const { target } = outbound;
  return target.type === 'backendRef' && target.name !== undefined && isOwn(outbound, room);
}

function labelled(
  dataplane: string,
  outbound: Outbound,
  zone: string | undefined,
  services: readonly MeshService[],
): Outbound['target'] {
  const { target } = outbound;
  if (target.type === 'tags') return target;
  const { kind, name, port: number } = target;
  const found = services.filter((service) => {
    const home = service.zone ?? service.labels['kuma.io/zone'] ?? zone;
    return service.kind === kind && service.resource === name && home === zone;
  });
  const [service] = found;
  const port = service?.ports.find((one) => one.port === number);
  const refuse = (reason: string): Error =>
    dataplaneErrors.error(
      'DATAPLANE_NO_FORM',
      { service: `${kind} ${name ?? ''}:${String(number)} at ${placeOf(outbound)}`, reason },
      { entity: entityOf(dataplane) },
    );
  if (!service || !port || found.length > 1)
    throw refuse('no one service of this zone has the name');
  const wanted = targetFor({ service, port }, zone, services, { serviceTags: false });
  if ('reason' in wanted) throw refuse(wanted.reason);
  if (wanted.type === 'backendRef' && !hasLabels(service, wanted.labels)) {
    throw refuse(`it does not have the labels ${JSON.stringify(wanted.labels)}: add them to it`);
  }
  return wanted;
}

function networkingOf(resource: DataplaneResource): Readonly<Record<string, unknown>> {
  return (resource['networking'] ?? {}) as Readonly<Record<string, unknown>>;
}
