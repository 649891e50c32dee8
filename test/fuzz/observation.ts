/** What must hold of every observation, whatever it was made from. */
import { createCatalog } from '../../catalog/catalog';
import { commonGateway } from '../../catalog/gateway';
import { formatSnapshot, parseSnapshot, toSnapshot } from '../../catalog/snapshot';
import type { Observation } from '../../daemon/sources/source';
import { mustBeSound } from './invariants';
import { must } from './target';

/** It can be made into a catalog, and that into a snapshot that the plugin takes. */
export function observationMustBeUsable(observation: Observation): void {
  mustBeSound(observation.failures);
  const gateway = commonGateway('universal', observation.gateways);
  const catalog = createCatalog(observation.mesh, observation.services, gateway);
  const snapshot = toSnapshot(catalog);
  const text = formatSnapshot(snapshot);
  const again = parseSnapshot(text, 'catalog.json');
  must(formatSnapshot(again) === text, 'the snapshot reads back differently');
  for (const service of observation.services) {
    for (const name of [service.name, ...service.hostnames]) {
      must(!/[\s\u0000-\u001f]/.test(name), 'a name that may become a header holds a blank');
    }
  }
}
