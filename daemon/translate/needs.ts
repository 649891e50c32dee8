/** Which outbounds the gateway must have, whether it has them by now or not. */
import { formsFor, type AddressChoice } from '../../catalog/address';
import type { Catalog } from '../../catalog/catalog';
import { serviceKey, type MeshService, type MeshServicePort } from '../../catalog/service';
import type { OutboundNeed } from './translation';

export interface NeedCollector {
  add(service: MeshService, port: MeshServicePort, choice: AddressChoice): void;
  /** Sorted by service and port. */
  collected(): readonly OutboundNeed[];
}

/** On Kubernetes the control plane makes the Dataplane from the Pod: outbounds are never needed. */
export function createNeedCollector(catalog: Catalog): NeedCollector {
  const needs = new Map<string, { need: OutboundNeed; key: string }>();
  return {
    add(service, port, choice) {
      if (catalog.gateway.environment === 'kubernetes') return;
      if (!needsOutbound(catalog, service, port, choice)) return;
      const key = serviceKey(service);
      needs.set(`${key} ${port.port}`, { need: { service, port }, key });
    },
    collected: () =>
      [...needs.values()]
        .sort((a, b) =>
          a.key === b.key ? a.need.port.port - b.need.port.port : a.key < b.key ? -1 : 1,
        )
        .map(({ need }) => need),
  };
}

/** An outbound counts as available because it can be made; the other forms are there or not. */
function needsOutbound(
  catalog: Catalog,
  service: MeshService,
  port: MeshServicePort,
  choice: AddressChoice,
): boolean {
  if (choice !== 'auto') return choice === 'outbound';
  const addresses = catalog.addressesOf(service, port);
  const form = formsFor(catalog.gateway).find(
    (candidate) => candidate === 'outbound' || addresses[candidate],
  );
  return form === 'outbound';
}
