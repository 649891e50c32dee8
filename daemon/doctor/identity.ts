/** By what a gateway goes in the mesh, and so which form of a permission lets it in. */
import type { GatewayDataplane } from '../../catalog/gateway';
import { makeSpiffeId } from '../../catalog/spiffe-id';
import { meshTraits, type Facts } from './facts';

const workloadLabel = 'kuma.io/workload';

export interface GatewayIdentity {
  /** `kuma.io/service`, or the workload where there are no tags. */
  readonly name: string;
  /** In its certificate; undefined where it cannot be worked out. */
  readonly spiffeId: string | undefined;
  /** Permissions name it by SPIFFE ID, in `rules`: nothing else counts. */
  readonly byIdAlone: boolean;
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
  if (mesh?.ownIdentities !== true) {
    const spiffeId = byIdAlone ? undefined : `spiffe://${settings.mesh}/${name}`;
    return { name, spiffeId, byIdAlone };
  }
  const made = makeSpiffeId(
    { mesh: settings.mesh, zone: gateway.zone, labels },
    settings.environment,
    mesh.identity,
  );
  // Of several MeshIdentities it is not known which one selects the gateway.
  return { name, spiffeId: mesh.identity && made.known ? made.id : undefined, byIdAlone };
}

/** What to write to let it in. */
export function permitFix(
  { name, spiffeId, byIdAlone }: GatewayIdentity,
  reference: string,
  ownIdentities: boolean,
): string {
  const byId = byIdAlone || ownIdentities;
  return byId && spiffeId !== undefined
    ? `Allow spiffeID Exact ${spiffeId} under rules of a MeshTrafficPermission for ${reference}.`
    : `Allow MeshSubset kuma.io/service: ${name} in a MeshTrafficPermission for ${reference}.`;
}
