/** Who a proxy is: by its service tag with Mesh.mtls, by a MeshIdentity where there are no tags. */
import { enabledBackendOf } from './mesh';
import { includesAll, tagSetsOf } from './resource';
import type { Json, StoredResource } from './resource';
import type { World } from './views';

/** The SPIFFE ID a certificate for this Dataplane would have, and what issues it. */
export interface IssuedIdentity {
  readonly spiffeId: string;
  /** `mTLS.issuedBackend` of the insight; undefined where nothing issues certificates. */
  readonly backend?: string;
  readonly trust?: string;
}

/** Undefined where a MeshIdentity selects the proxy and cannot name it: such a proxy is sent nothing at all. */
export function issuedIdentityOf(
  dataplane: StoredResource,
  world: World,
): IssuedIdentity | undefined {
  const { mesh = '', name, labels } = dataplane;
  const workload = labels['kuma.io/workload'];
  if (world.flavour.tags) {
    const service = tagSetsOf(dataplane)[0]?.['kuma.io/service'] ?? workload ?? name;
    const backend = enabledBackendOf(world.store, mesh);
    return {
      spiffeId: `spiffe://${mesh}/${service}`,
      ...(backend !== undefined && { backend, trust: backend }),
    };
  }
  const identity = meshIdentityOf(dataplane, world);
  const named = `/workload/${workload ?? ''}`;
  if (!identity) return { spiffeId: `spiffe://${defaultTrustDomain(mesh, world)}${named}` };
  if (workload === undefined) return undefined;
  return {
    spiffeId: `spiffe://${trustDomainOf(identity, world)}${named}`,
    backend: `kri_mid_${mesh}_${world.place.zone}__${identity.name}_`,
    trust: `kri_mtrust_${mesh}___${identity.name}_`,
  };
}

/** The MeshIdentity with the most labels in its selector, then by name. */
export function meshIdentityOf(
  { mesh = '', labels }: StoredResource,
  { store }: World,
): StoredResource | undefined {
  const fitting = store
    .collection('MeshIdentity', mesh)
    .page(0, Infinity)
    .filter((one) => selectorOf(one) !== undefined && includesAll(labels, selectorOf(one) ?? {}));
  const weight = (one: StoredResource): number => Object.keys(selectorOf(one) ?? {}).length;
  return fitting.sort((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1))[0];
}

/** Whether the mesh encrypts, so that permissions count. */
export function isSecured(mesh: string, { store, flavour }: World): boolean {
  if (flavour.tags) return enabledBackendOf(store, mesh) !== undefined;
  return store.collection('MeshIdentity', mesh).size > 0;
}

/** A MeshIdentity as it is shown once its provider is set up, and the MeshTrust that it brings. */
export function meshIdentityStatus(): Json {
  const condition = (type: string, reason: string, message: string): Json => ({
    type,
    status: 'True',
    reason,
    message,
  });
  return {
    conditions: [
      condition('Provider', 'ProviderInitialized', 'Provider successfully initialized'),
      condition('MeshTrustCreated', 'MeshTrustCreated', 'MeshTrust has been successfully created'),
      condition('Ready', 'Ready', 'Successfully initialized'),
    ],
  };
}

export function trustDomainOf(identity: StoredResource, world: World): string {
  const { spiffeID } = identity.fields['spec'] as { spiffeID?: { trustDomain?: string } };
  return spiffeID?.trustDomain ?? defaultTrustDomain(identity.mesh ?? '', world);
}

function defaultTrustDomain(mesh: string, { place }: World): string {
  return `${mesh}.${place.zone}.mesh.local`;
}

function selectorOf({ fields }: StoredResource): Readonly<Record<string, string>> | undefined {
  const { selector } = fields['spec'] as {
    selector?: { dataplane?: { matchLabels?: Readonly<Record<string, string>> } };
  };
  return selector?.dataplane && (selector.dataplane.matchLabels ?? {});
}
