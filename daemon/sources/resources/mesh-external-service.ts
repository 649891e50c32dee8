/** `MeshExternalService`: a destination outside the mesh under a mesh address. */
import * as z from 'zod';

import type { MeshService as Service } from '../../../catalog/service';
import { Addresses, identityOf, Meta, Port, Vip, zoneOf } from './common';

export const MeshExternalService = z
  .object({
    ...Meta,
    spec: z.object({ match: z.object({ port: Port, protocol: z.string().nullish() }) }),
    // One VIP as an object here, not a list as with its siblings.
    status: z.object({ addresses: Addresses, vip: Vip }).nullish(),
  })
  .transform(({ spec, status, ...meta }): Service => {
    const { port, protocol } = spec.match;
    return {
      kind: 'MeshExternalService',
      ...identityOf(meta),
      ...zoneOf(meta.labels),
      hostnames: status?.addresses ?? [],
      ports: [{ port, ...(protocol ? { protocol } : {}) }],
      vips: status?.vip ?? [],
      availability: 'unknown',
    };
  });
