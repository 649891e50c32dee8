/** Gives the very same mesh service again where nothing that it is made of has changed. */
import type { MeshService } from '../../../catalog/service';
import { mapService, type Endpoints, type MapContext } from '../../kubernetes/map-service';
import type { ServiceView } from '../../kubernetes/views';
import { keyOf } from './service-index';

interface Remembered {
  /** Where its endpoints were looked up last. */
  counts: ReadonlyMap<string, Endpoints>;
  readonly endpoints: Endpoints | undefined;
  readonly legacyNames: boolean;
  readonly mapped: MeshService | undefined;
}

/** @param counts endpoints by `namespace/name`. */
export type MapService = (
  service: ServiceView,
  counts: ReadonlyMap<string, Endpoints>,
  context: MapContext,
) => MeshService | undefined;

/** A view is a new object whenever the Service has changed, so it is the key. */
export function rememberMapping(): MapService {
  const known = new WeakMap<ServiceView, Remembered>();
  return (service, counts, context) => {
    const last = known.get(service);
    const isSame = last?.legacyNames === context.legacyNames;
    if (last && isSame && last.counts === counts) return last.mapped;
    const endpoints = counts.get(keyOf(service));
    // Where it leads depends on other Services.
    if (service.externalName !== undefined) return mapService(service, endpoints, context);
    const { healthy, total } = last?.endpoints ?? {};
    if (last && isSame && healthy === endpoints?.healthy && total === endpoints?.total) {
      last.counts = counts;
      return last.mapped;
    }
    const mapped = mapService(service, endpoints, context);
    known.set(service, { counts, endpoints, legacyNames: context.legacyNames, mapped });
    return mapped;
  };
}
