/** Gives the very same mesh service again where nothing that it is made of has changed. */
import type { MeshService } from '../../../catalog/service';
import { mapService, type Endpoints, type MapContext } from '../../kubernetes/map-service';
import type { ServiceView } from '../../kubernetes/views';

interface Remembered {
  readonly endpoints: Endpoints | undefined;
  readonly legacyNames: boolean;
  readonly mapped: MeshService | undefined;
}

export type MapService = typeof mapService;

/** A view is a new object whenever the Service has changed, so it is the key. */
export function rememberMapping(): MapService {
  const known = new WeakMap<ServiceView, Remembered>();
  return (service, endpoints, context: MapContext) => {
    // Where it leads depends on other Services.
    if (service.externalName !== undefined) return mapService(service, endpoints, context);
    const last = known.get(service);
    if (
      last?.legacyNames === context.legacyNames &&
      last.endpoints?.healthy === endpoints?.healthy &&
      last.endpoints?.total === endpoints?.total
    ) {
      return last.mapped;
    }
    const mapped = mapService(service, endpoints, context);
    known.set(service, { endpoints, legacyNames: context.legacyNames, mapped });
    return mapped;
  };
}
