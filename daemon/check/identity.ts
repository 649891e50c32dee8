/** By what the gateway goes in the mesh: the SPIFFE ID that destinations see in its certificate. */

export interface IdentityFacts {
  readonly mesh: string;
  readonly gateways: readonly {
    readonly service?: string;
    readonly zone?: string;
    readonly labels: Readonly<Record<string, string>>;
  }[];
  /** Undefined where the control plane could not be asked. */
  readonly mtls: boolean | undefined;
  /** SPIFFE ID of a gateway by a MeshIdentity; undefined: by `kuma.io/service`. */
  readonly spiffeIdOf?: (gateway: IdentityFacts['gateways'][number]) => string | undefined;
}

/** Without mTLS nobody shows a certificate: then there is none. */
export function identitiesOf(facts: IdentityFacts): readonly string[] {
  const { mesh, gateways, mtls, spiffeIdOf } = facts;
  if (mtls === false) return [];
  const ids = gateways.flatMap((gateway) => {
    const id = spiffeIdOf
      ? spiffeIdOf(gateway)
      : gateway.service && `spiffe://${mesh}/${gateway.service}`;
    return id === undefined || id === '' ? [] : [id];
  });
  return [...new Set(ids)].sort();
}
