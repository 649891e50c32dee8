/** `ServiceInsight`: what the control plane knows of one `kuma.io/service` value (until Kuma 2.14). */
import * as z from 'zod';

import type { Availability } from '../../../catalog/service';
import { Name } from './common';

const count = z
  .int()
  .min(0)
  .nullish()
  .transform((value) => value ?? 0);

export const ServiceInsight = z
  .object({
    mesh: z.string(),
    name: Name,
    status: z.string().nullish(),
    serviceType: z.string().nullish(),
    addressPort: z.string().nullish(),
    dataplanes: z.object({ total: count, online: count }).nullish(),
  })
  .transform(({ name, status, serviceType, addressPort, dataplanes }) => ({
    tag: name,
    // `internal` is the enum's zero, which the API leaves out.
    type: serviceType ? serviceType : 'internal',
    ...(addressPort ? { addressPort } : {}),
    availability: availabilityOf(status ?? undefined, dataplanes?.online),
    endpoints: { total: dataplanes?.total ?? 0, healthy: dataplanes?.online ?? 0 },
  }));
export type ServiceInsight = z.infer<typeof ServiceInsight>;

function availabilityOf(status: string | undefined, online: number | undefined): Availability {
  switch (status) {
    case 'online':
    case 'partially_degraded':
      return 'available';
    case 'offline':
    case 'not_available':
      return 'unavailable';
    default:
      return online === undefined ? 'unknown' : online > 0 ? 'available' : 'unavailable';
  }
}
