/** The legacy `ExternalService`: a tag for a destination outside the mesh (until Kuma 2.14). */
import * as z from 'zod';

import { Labels, Meta } from './common';

/** `host:port` or `[v6]:port`, of which only the port matters: the mesh dials the rest. */
export const HostPort = z.string().transform((text, context) => {
  const port = Number(/:(\d{1,5})$/.exec(text)?.[1]);
  if (port >= 1 && port <= 65535) return { port };
  context.issues.push({ code: 'custom', message: 'must be host:port', input: text });
  return z.NEVER;
});

export const ExternalService = z
  .object({
    ...Meta,
    networking: z.object({ address: HostPort }),
    tags: Labels.refine((tags) => tags['kuma.io/service'], 'has no kuma.io/service'),
  })
  .transform(({ name, labels, networking, tags }) => ({
    name,
    labels,
    tag: tags['kuma.io/service'] ?? name,
    port: networking.address.port,
    ...(tags['kuma.io/protocol'] ? { protocol: tags['kuma.io/protocol'] } : {}),
  }));
export type ExternalService = z.infer<typeof ExternalService>;
