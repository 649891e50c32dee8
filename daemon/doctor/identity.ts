/** By what a gateway goes in the mesh, and so which form of a permission lets it in. */
import type { GatewayDataplane } from '../../catalog/gateway';
import { issuerOf, makeSpiffeId } from '../../catalog/spiffe-id';
import { meshTraits, type Facts } from './facts';

const workloadLabel = 'kuma.io/workload';

export interface GatewayIdentity {
  /** `kuma.io/service`, or the workload where there are no tags. */
  readonly name: string;
  /** In its certificate; undefined where it cannot be worked out. */
  readonly spiffeId: string | undefined;
  /** Permissions name it by SPIFFE ID, in `rules`: nothing else counts. */
  readonly byIdAlone: boolean;
  /** Who gives its certificate: a MeshIdentity, or the Mesh as until 2.14. */
  readonly issuedBy: 'identity' | 'mesh';
}

/** Undefined for a gateway that has neither tag nor workload: nothing can name it. */
export function identityOfGateway(
  { mesh, settings }: Pick<Facts, 'mesh' | 'settings'>,
  gateway: GatewayDataplane,
): GatewayIdentity | undefined {
  const { labels, plain } = gateway;
  const byIdAlone = mesh !== undefined && !meshTraits(mesh).serviceTags;
  const service = byIdAlone || plain === true ? undefined : gateway.service;
  const name = service ?? labels[workloadLabel];
  if (name === undefined) return undefined;
  const identity = issuerOf(mesh?.identities ?? [], labels);
  if (mesh?.ownIdentities === true && !mesh.identities) {
    return { name, spiffeId: undefined, byIdAlone, issuedBy: 'identity' };
  }
  if (!identity) {
    // With tags, a proxy that no MeshIdentity selects keeps the certificate that the Mesh gives.
    const spiffeId = byIdAlone ? undefined : `spiffe://${settings.mesh}/${name}`;
    return { name, spiffeId, byIdAlone, issuedBy: 'mesh' };
  }
  const made = makeSpiffeId(
    { mesh: settings.mesh, zone: gateway.zone, labels },
    settings.environment,
    identity.templates,
  );
  const spiffeId = made.known ? made.id : undefined;
  return { name, spiffeId, byIdAlone, issuedBy: 'identity' };
}

/** What to write to let it in. */
export function permitFix(
  { name, spiffeId, byIdAlone, issuedBy }: GatewayIdentity,
  reference: string,
): string {
  if (!byIdAlone && issuedBy === 'mesh') {
    return `Allow MeshSubset kuma.io/service: ${name} in a MeshTrafficPermission for ${reference}.`;
  }
  if (spiffeId === undefined) {
    return `Allow the SPIFFE ID of the gateway under rules of a MeshTrafficPermission for ${reference}; kong-meshd manifests permission --spiffe-id prints it. The ID stands in the certificate of its sidecar.`;
  }
  return `Allow spiffeID Exact ${spiffeId} under rules of a MeshTrafficPermission for ${reference}.`;
}
