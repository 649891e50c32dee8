/** From 3.x on a destination has one listener: which outbounds have none, and what is said of them. Pure. */
import type { Failure } from '../../../catalog/error';
import {
  describeTarget,
  outboundKey,
  type GatewayDataplane,
  type Outbound,
} from '../../../catalog/gateway';
import { listeningOutbounds } from '../../../catalog/outbound-index';
import type { MeshService } from '../../../catalog/service';
import { entityOf } from './check-dataplane';
import { dataplaneErrors } from './errors';
import { isOwn, placeOf, type OutboundRoom } from './outbound-form';
import { listenerKey, type DataplaneMemory, type ListenerKey } from './settings';

/** Without the outbounds whose listener another one has. */
export function withListening(
  dataplane: GatewayDataplane,
  services: readonly MeshService[],
): GatewayDataplane {
  const { outbounds, zone } = dataplane;
  return { ...dataplane, outbounds: listeningOutbounds(outbounds, services, zone) };
}

export interface HiddenOutbound {
  readonly dataplane: string;
  readonly outbound: Outbound;
  readonly key: ListenerKey;
}

/** Outbounds that do not listen, because a later one to the same destination does. */
export function hiddenOutbounds(
  present: readonly GatewayDataplane[],
  services: readonly MeshService[],
): readonly HiddenOutbound[] {
  return present.flatMap((dataplane) => {
    const listening = new Set(withListening(dataplane, services).outbounds);
    return dataplane.outbounds
      .filter((outbound) => !listening.has(outbound))
      .map((outbound) => ({
        dataplane: dataplane.name,
        outbound,
        key: listenerKey(dataplane.name, outboundKey(outbound)),
      }));
  });
}

/** Our own go by themselves; what the user wrote only the user can take away. */
export function hiddenFailures(
  hidden: readonly HiddenOutbound[],
  { room }: { readonly room: OutboundRoom },
): readonly Failure[] {
  return hidden
    .filter(({ outbound }) => !isOwn(outbound, room))
    .map(({ dataplane, outbound }) =>
      dataplaneErrors.failure(
        'DATAPLANE_DESTINATION_TWICE',
        { place: placeOf(outbound), target: describeTarget(outbound.target) },
        { entity: entityOf(dataplane) },
      ),
    );
}

/**
 * Silent ones that Kong or a snapshot leads to, or that were seen listening before, stay: a sidecar that is late is no
 * reason to take a link from an address that is right.
 */
export function withoutUnreachable(
  present: readonly GatewayDataplane[],
  serving: readonly Outbound[],
  hidden: readonly HiddenOutbound[],
  leading: { readonly held: ReadonlySet<number>; readonly published: ReadonlyMap<number, string> },
  { silent, worked }: Readonly<DataplaneMemory>,
): readonly GatewayDataplane[] {
  const dead = new Set(hidden.map(({ key }) => key));
  return present.map((dataplane) => {
    const live = new Set(dataplane.outbounds.map(outboundKey));
    const added = serving.filter((outbound) => !live.has(outboundKey(outbound)));
    const outbounds = [...dataplane.outbounds, ...added].filter((outbound) => {
      const key = listenerKey(dataplane.name, outboundKey(outbound));
      if (dead.has(key)) return false;
      if (!silent.has(key) || worked.has(key) || leading.held.has(outbound.port)) return true;
      return live.has(outboundKey(outbound)) && leading.published.has(outbound.port);
    });
    return { ...dataplane, outbounds };
  });
}
