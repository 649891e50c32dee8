/** Catalogs as test cases write them: only what matters to the case, the rest filled in. */
import type { Gateway } from '../../../catalog/gateway';
import { createCatalog, type Catalog } from '../../../catalog/catalog';
import type { MeshService } from '../../../catalog/service';

export type SparseService = Pick<MeshService, 'kind' | 'name' | 'ports'> & Partial<MeshService>;

export interface SparseCatalog {
  readonly mesh?: string;
  readonly gateway?: Partial<Gateway>;
  readonly services: readonly SparseService[];
}

export function catalogFrom({ mesh = 'default', gateway, services }: SparseCatalog): Catalog {
  return createCatalog(
    mesh,
    services.map((service) => ({
      mesh,
      resource: service.name,
      labels: {},
      vips: [],
      hostnames: [],
      availability: 'available',
      ...service,
    })),
    { environment: 'universal', transparentProxy: false, outbounds: [], ...gateway },
  );
}
