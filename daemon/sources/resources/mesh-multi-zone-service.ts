/** `MeshMultiZoneService`: one name for the MeshServices of several zones; belongs to none of them. */
import * as z from 'zod';

import type { MeshService as Service } from '../../../catalog/service';
import { Addresses, identityOf, listOf, Meta, ServicePort, Vips } from './common';

const Condition = z.object({ type: z.string(), status: z.string() });

export const MeshMultiZoneService = z
  .object({
    ...Meta,
    spec: z.object({ ports: listOf(ServicePort) }),
    status: z.object({ addresses: Addresses, vips: Vips, conditions: listOf(Condition) }).nullish(),
  })
  .transform(({ spec, status, ...meta }): Service => {
    const unmatched = status?.conditions.some(
      ({ type, status: held }) => type === 'MeshServicesMatched' && held === 'False',
    );
    return {
      kind: 'MeshMultiZoneService',
      ...identityOf(meta),
      hostnames: status?.addresses ?? [],
      ports: spec.ports,
      vips: status?.vips ?? [],
      // The status counts no endpoints: only a selector that matches nothing says something.
      availability: unmatched ? 'unavailable' : 'unknown',
    };
  });
