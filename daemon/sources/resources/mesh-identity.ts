/** `MeshIdentity`: how it makes SPIFFE IDs, and for whom; what is left out is the control plane's default. */
import * as z from 'zod';

import type { IdentityIssuer } from '../../../catalog/spiffe-id';
import { identityOf, Labels, Meta } from './common';

const Template = z.string().nullish();

export const MeshIdentity = z
  .object({
    ...Meta,
    spec: z
      .object({
        spiffeID: z.object({ trustDomain: Template, path: Template }).nullish(),
        selector: z.object({ dataplane: z.object({ matchLabels: Labels }).nullish() }).nullish(),
        provider: z.unknown(),
      })
      .nullish(),
  })
  .transform(({ spec, ...meta }): IdentityIssuer => {
    const { trustDomain, path } = spec?.spiffeID ?? {};
    return {
      name: identityOf(meta).name,
      selects: spec?.selector?.dataplane?.matchLabels ?? {},
      issues: Boolean(spec?.provider),
      templates: { ...(trustDomain ? { trustDomain } : {}), ...(path ? { path } : {}) },
    };
  });
