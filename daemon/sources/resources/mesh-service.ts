/** `MeshService`: what the control plane makes of a Service or of a `kuma.io/service` value. */
import * as z from 'zod';

import type { Availability, MeshService as Service } from '../../../catalog/service';
import { Addresses, identityOf, Labels, listOf, Meta, ServicePort, Vips, zoneOf } from './common';

const count = z
  .int()
  .min(0)
  .nullish()
  .transform((value) => value ?? 0);
const Endpoints = z.object({ total: count, healthy: count });
type Endpoints = z.infer<typeof Endpoints>;

const Status = z
  .object({
    addresses: Addresses,
    vips: Vips,
    dataplaneProxies: Endpoints.nullish(),
  })
  .nullish();

export const MeshService = z
  .object({
    ...Meta,
    spec: z.object({
      state: z.string().nullish(),
      selector: z
        .object({
          dataplaneTags: Labels,
          dataplaneLabels: z.object({ matchLabels: Labels }).nullish(),
        })
        .nullish(),
      ports: listOf(ServicePort),
    }),
    status: Status,
  })
  .transform(({ spec, status, ...meta }): Service => {
    const endpoints = status?.dataplaneProxies ?? undefined;
    const selects = spec.selector?.dataplaneLabels?.matchLabels ?? {};
    const byLabels = Object.keys(selects).length > 0;
    // What is made of labels has no tag that stands for it.
    const tag = byLabels ? undefined : tagOf(meta, spec.selector?.dataplaneTags ?? {});
    const single = spec.ports.length === 1;
    return {
      kind: 'MeshService',
      ...identityOf(meta),
      ...zoneOf(meta.labels),
      hostnames: status?.addresses ?? [],
      ports: spec.ports.map((port) => ({
        ...port,
        // A tag outbound goes to whatever port the endpoints have: with several it is none of them.
        ...(single && tag !== undefined ? { tag } : {}),
      })),
      vips: status?.vips ?? [],
      availability: availabilityOf(spec.state ?? undefined, endpoints),
      ...(byLabels ? { selects } : {}),
      ...(endpoints ? { endpoints: { total: endpoints.total, healthy: endpoints.healthy } } : {}),
    };
  });

/**
 * The `kuma.io/service` value that stands for exactly this service. A selector with more tags is a
 * subset, and a copy synced from another zone shares the value with the local one: neither has one.
 */
function tagOf(
  { name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  selector: Readonly<Record<string, string>>,
): string | undefined {
  if (labels['kuma.io/origin'] === 'global') return undefined;
  const keys = Object.keys(selector);
  if (keys.length === 1) return selector['kuma.io/service'];
  const generated = labels['kuma.io/managed-by'] === 'meshservice-generator';
  // The generator names a MeshService after the tag value it was made from (until Kuma 2.14).
  return keys.length === 0 && generated && !labels['kuma.io/workload'] ? name : undefined;
}

/**
 * The state lags by the time the control plane waits for a lost proxy, so counts that say that no
 * endpoint is healthy win over `Available`; versions without a state have only the counts.
 */
function availabilityOf(state: string | undefined, endpoints: Endpoints | undefined): Availability {
  if (state === 'Unavailable') return 'unavailable';
  if (endpoints && endpoints.total > 0) return endpoints.healthy > 0 ? 'available' : 'unavailable';
  if (state === 'Available') return 'available';
  return endpoints ? 'unavailable' : 'unknown';
}
