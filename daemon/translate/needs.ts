/** Which outbounds the gateway must have, whether it has them by now or not. */
import type { AddressChoice } from '../../catalog/address';
import type { Catalog } from '../../catalog/catalog';
import { serviceKey, type MeshService } from '../../catalog/service';
import type { Resolution } from './resolve';
import type { OutboundNeed } from './translation';

export interface NeedCollector {
  add(resolution: Resolution, choice: AddressChoice): void;
  /** Sorted by service and port. */
  collected(): readonly OutboundNeed[];
}

/** On Kubernetes the control plane makes the Dataplane from the Pod: outbounds are never needed. */
export function createNeedCollector({ gateway }: Catalog): NeedCollector {
  const needs = new Map<MeshService, Map<number, OutboundNeed>>();
  return {
    add(resolution, choice) {
      const { service, port } = resolution;
      if (gateway.environment === 'kubernetes' || !service || !port) return;
      if (!needsOutbound(resolution, choice)) return;
      const ofService = needs.get(service) ?? new Map<number, OutboundNeed>();
      ofService.set(port.port, { service, port });
      needs.set(service, ofService);
    },
    collected: () =>
      [...needs]
        .map(([service, ports]) => ({ key: serviceKey(service), ports: [...ports.values()] }))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .flatMap(({ ports }) => ports.sort((a, b) => a.port.port - b.port.port)),
  };
}

/** For `auto` an outbound is the form where no other one can work: be it there or still to be made. */
function needsOutbound(resolution: Resolution, choice: AddressChoice): boolean {
  if (choice !== 'auto') return choice === 'outbound';
  return resolution.found
    ? resolution.address.form === 'outbound'
    : resolution.code === 'LINK_NO_ADDRESS';
}
