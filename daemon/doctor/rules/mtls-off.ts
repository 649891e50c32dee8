import { meshTraits } from '../facts';
import type { Rule } from '../rule';

export const mtlsOff: Rule = {
  code: 'KM301',
  name: 'mtls-off',
  severity: 'warning',
  title: 'The mesh does not encrypt',
  why: 'Without mTLS traffic between sidecars is plaintext, nobody has an identity and permissions are not applied. Services of other zones and MeshExternalServices cannot be reached at all.',
  fix: 'Enable mTLS in the Mesh (or write a MeshIdentity, from 2.12 on), after permitting what the gateway calls.',
  check: ({ facts: { mesh, settings } }) =>
    mesh?.mtls === false
      ? [
          {
            subject: `mesh ${settings.mesh}`,
            cause: `The mesh ${settings.mesh} has no mTLS: the gateway's traffic is plaintext and no permission applies.`,
            ...(meshTraits(mesh).serviceTags ? {} : { fix: fixIn3 }),
          },
        ]
      : [],
};

/** `mtls` of a Mesh is not read any more. */
const fixIn3 =
  'Write a MeshIdentity with a provider that selects the Dataplanes, after permitting what the gateway calls by its SPIFFE ID.';
