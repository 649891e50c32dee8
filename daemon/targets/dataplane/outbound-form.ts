/** The forms of outbounds: which one leads to a service, and which ones are the daemon's own. */
import { formatAddress } from '../../../catalog/address';
import { traitsOf, type ControlPlaneTraits } from '../../../catalog/control-plane';
import type { Outbound, OutboundTarget } from '../../../catalog/gateway';
import { hasLabels } from '../../../catalog/outbound-index';
import type { MeshService } from '../../../catalog/service';
import type { OutboundNeed } from '../../translate/translation';
import type { PortRange } from './config';

/** Where the daemon's outbounds are. */
export interface OutboundRoom {
  readonly address: string;
  readonly ports: PortRange;
}

const serviceTag = 'kuma.io/service';
const displayName = 'kuma.io/display-name';
const zoneLabel = 'kuma.io/zone';
const namespaceLabel = 'k8s.kuma.io/namespace';
const originLabel = 'kuma.io/origin';

/** The labels of a reference that the daemon writes, the first of them always. */
const ownLabels: readonly string[] = [displayName, zoneLabel, namespaceLabel, originLabel];

/**
 * The one way to name a service that works. By name a control plane (until 2.14) looks in the zone of
 * the Dataplane only: a MeshMultiZoneService, which is of no zone, and whatever comes from another zone
 * is found by labels alone. A tag stands for services without a resource.
 * From 3.x on a name binds the oldest match of any zone, and there are no tags: labels are the one way.
 * @param services all of the observation: what would lead to several of them is no way.
 * @returns a reason instead of a target where there is no way.
 */
export function targetFor(
  { service, port }: OutboundNeed,
  zone: string | undefined,
  services: readonly MeshService[],
  {
    serviceTags,
    byLabels = false,
  }: Pick<ControlPlaneTraits, 'serviceTags'> & {
    /** Where they find it: for a gateway that has the form of 3.x already. */
    readonly byLabels?: boolean;
  } = traitsOf(undefined),
): OutboundTarget | { readonly reason: string } {
  const { kind } = service;
  if (kind === 'LegacyService' || kind === 'ExternalService') {
    if (!serviceTags) {
      return { reason: 'it has no MeshService, and this control plane has no outbounds by tag' };
    }
    if (port.tag === undefined) return { reason: 'no kuma.io/service value stands for this port' };
    return { type: 'tags', tags: { [serviceTag]: port.tag } };
  }
  if (kind === 'KubernetesService') {
    return { reason: 'a Kubernetes Service is no destination of a Universal Dataplane' };
  }
  const ref = { type: 'backendRef', kind, port: port.port } as const;
  const labels = labelsOf(service);
  const mayName = serviceTags && !(byLabels && hasLabels(service, labels));
  if (mayName && kind !== 'MeshMultiZoneService' && isNamedIn(zone, service)) {
    return { ...ref, name: service.resource, labels: {} };
  }
  const origin = service.labels[originLabel];
  const means = (wanted: Readonly<Record<string, string>>): boolean =>
    services.every(
      (other) => other.kind !== kind || other === service || !hasLabels(other, wanted),
    );
  if (means(labels)) return { ...ref, labels };
  // A copy from the global control plane may bear the name of one of the zone.
  const further = origin === undefined ? labels : { ...labels, [originLabel]: origin };
  if (means(further)) return { ...ref, labels: further };
  return { reason: `its labels ${JSON.stringify(labels)} fit other services too` };
}

function isNamedIn(zone: string | undefined, service: MeshService): boolean {
  const own = service.zone ?? service.labels[zoneLabel];
  if (own !== undefined && zone !== undefined) return own === zone;
  // Labels work whatever the zone is, but only where there are any: a copy from elsewhere has them.
  return service.labels[displayName] === undefined;
}

function labelsOf(service: MeshService): Readonly<Record<string, string>> {
  const { labels } = service;
  const name = labels[displayName] ?? service.resource;
  const zone = service.kind === 'MeshMultiZoneService' ? undefined : labels[zoneLabel];
  const namespace = labels[namespaceLabel];
  return {
    [displayName]: name,
    ...(zone === undefined ? {} : { [zoneLabel]: zone }),
    ...(namespace === undefined ? {} : { [namespaceLabel]: namespace }),
  };
}

/**
 * Whether an outbound is the daemon's own: at its address, in its range, and of exactly a form that it
 * writes. There is no mark on an outbound that the control plane would keep, so this is all there is.
 */
export function isOwn({ address, port, target }: Outbound, room: OutboundRoom): boolean {
  if (address !== room.address || port < room.ports.first || port > room.ports.last) return false;
  if (target.type === 'tags') {
    return Object.keys(target.tags).length === 1 && target.tags[serviceTag] !== undefined;
  }
  const labels = Object.keys(target.labels);
  if (target.name !== undefined) {
    return labels.length === 0 && target.kind !== 'MeshMultiZoneService';
  }
  return labels.includes(displayName) && labels.every((label) => ownLabels.includes(label));
}

/** As it stands under `networking.outbound`. */
export function outboundResource({ address, port, target }: Outbound): Record<string, unknown> {
  if (target.type === 'tags') return { address, port, tags: { ...target.tags } };
  const { kind, name, labels } = target;
  return {
    address,
    port,
    backendRef: {
      kind,
      ...(name === undefined ? { labels: { ...labels } } : { name }),
      port: target.port,
    },
  };
}

/** `127.0.0.1:30000`. */
export function placeOf({ address, port }: Pick<Outbound, 'address' | 'port'>): string {
  return formatAddress({ host: address, port });
}
