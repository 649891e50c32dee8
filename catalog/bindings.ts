/**
 * What references were resolved to. A reference stays with the service that it once meant: a namesake
 * that appears elsewhere does not make it ambiguous, and does not get its traffic when that one goes.
 */
import {
  kindRank,
  meshServiceKinds,
  type MeshService,
  type MeshServiceKind,
  type Referable,
} from './service';

/** By reference, as `bindingKey` writes it, the `serviceKey` of the service it stands for. */
export type Bindings = ReadonlyMap<string, string>;

export const noBindings: Bindings = new Map();

/** Case counts: `Orders` and `orders` may be two services. A trailing dot says nothing. */
export function bindingKey(reference: string): string {
  return reference.endsWith('.') ? reference.slice(0, -1) : reference;
}

export type Identity = Pick<MeshService, 'kind' | 'name'> &
  Partial<Pick<Referable, 'namespace' | 'zone'>>;

/** The other way round of `serviceKey`; undefined for what is none. */
export function parseServiceKey(key: string): Identity | undefined {
  const [kind, name, namespace, zone, ...rest] = key.split('/');
  if (!isKind(kind) || !name || rest.length > 0) return undefined;
  return {
    kind,
    name,
    ...(namespace ? { namespace } : {}),
    ...(zone ? { zone } : {}),
  };
}

/**
 * Whether both are one service in two forms: a tag or a Kubernetes Service becomes a MeshService of its
 * name when a mesh changes its mode, and an ExternalService a MeshExternalService. Of what has no zone
 * the zone is not known.
 */
export function isSameService(a: Identity, b: Identity): boolean {
  return (
    a.name === b.name &&
    a.namespace === b.namespace &&
    familyOf[a.kind] === familyOf[b.kind] &&
    (a.zone === b.zone || a.zone === undefined || b.zone === undefined)
  );
}

/**
 * Of the services that a reference names, the one that it was bound to, in every form that is there. A
 * tag joins all zones: it stands for a service of one zone only where no other zone has a resource of it.
 * @param zone of the gateway: a Kubernetes Service is of its cluster.
 */
export function boundAmong<S extends Identity>(
  bound: Identity,
  named: readonly S[],
  zone: string | undefined,
): readonly S[] {
  const place = (one: Identity): Identity =>
    one.kind === 'KubernetesService' && one.zone === undefined && zone !== undefined
      ? { ...one, zone }
      : one;
  const wanted = place(bound);
  const isMeant = (service: S): boolean => isSameService(wanted, place(service));
  const elsewhere = named.some((service) => !isMeant(service));
  const same = named.filter(isMeant);
  const resources = same.filter(({ kind }) => kindRank[kind] < kindRank.LegacyService);
  return wanted.zone !== undefined && elsewhere ? resources : same;
}

/** Whether this is the very form that was bound. */
export function isBoundForm(bound: Identity, service: Identity): boolean {
  return (
    bound.kind === service.kind && bound.zone === service.zone && isSameService(bound, service)
  );
}

/** How messages call a service that may be gone. */
export function identityName({ name, namespace, zone }: Identity): string {
  return [name, namespace, zone].filter((part) => part !== undefined).join('.');
}

const familyOf: Readonly<Record<MeshServiceKind, string>> = {
  MeshService: 'internal',
  KubernetesService: 'internal',
  LegacyService: 'internal',
  MeshMultiZoneService: 'multi-zone',
  MeshExternalService: 'external',
  ExternalService: 'external',
};

function isKind(kind: string | undefined): kind is MeshServiceKind {
  return meshServiceKinds.some((known) => known === kind);
}
