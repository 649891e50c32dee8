import { isSecured } from '../control-plane/identity';
import { includesAll, tagSetsOf } from '../control-plane/resource';
import type { Labels, StoredResource, Tags } from '../control-plane/resource';
import type { World } from '../control-plane/views';
import type { Identity } from './identities';

interface TargetRef {
  readonly kind?: string;
  readonly name?: string;
  readonly tags?: Tags;
  readonly labels?: Labels;
}

interface SpiffeMatch {
  readonly spiffeID?: { readonly type?: string; readonly value?: string };
}

interface PermissionSpec {
  readonly targetRef?: TargetRef;
  readonly from?: readonly {
    readonly targetRef?: TargetRef;
    readonly default?: { readonly action?: string };
  }[];
  readonly rules?: readonly {
    readonly default?: {
      readonly allow?: readonly SpiffeMatch[];
      readonly deny?: readonly SpiffeMatch[];
    };
  }[];
}

/**
 * Whether a destination lets a client in. Without mTLS everything passes; with it nothing does that no
 * MeshTrafficPermission allows: there has been no default permission since 2.6. From 3.x on only `rules` count.
 */
export function isAllowed(
  client: Identity,
  destination: StoredResource | undefined,
  world: World,
): boolean {
  const { mesh } = client;
  if (!destination || !isSecured(mesh, world)) return true;
  const specs = world.store
    .collection('MeshTrafficPermission', mesh)
    .page(0, Infinity)
    .map(({ fields }) => fields['spec'] as PermissionSpec)
    .filter(({ targetRef }) => covers(targetRef, destination))
    // The more specific decides; among equals the one whose name comes first.
    .reverse()
    .sort((a, b) => specificity(a.targetRef) - specificity(b.targetRef));
  const rules = specs.flatMap((spec) => spec.rules ?? []);
  if (rules.some((rule) => hasMatch(rule.default?.deny, client))) return false;
  if (rules.some((rule) => hasMatch(rule.default?.allow, client))) return true;
  if (!world.flavour.tags) return false;
  const actions = specs
    .flatMap((spec) => spec.from ?? [])
    .filter(({ targetRef }) => isFrom(targetRef, client))
    .map((from) => from.default?.action);
  return actions.at(-1)?.startsWith('Allow') === true;
}

function covers(
  { kind = 'Mesh', name, tags = {}, labels = {} }: TargetRef = {},
  one: StoredResource,
): boolean {
  switch (kind) {
    case 'Mesh':
      return true;
    case 'MeshSubset':
      return tagSetsOf(one).some((set) => includesAll(set, tags));
    case 'Dataplane':
      return (name === undefined || name === one.name) && includesAll(one.labels, labels);
    case 'MeshService':
    case 'MeshServiceSubset':
      return tagSetsOf(one).some(
        (set) => set['kuma.io/service'] === name && includesAll(set, tags),
      );
    default:
      return false;
  }
}

function specificity({ kind = 'Mesh', name, labels, tags }: TargetRef = {}): number {
  if (kind === 'Mesh') return 0;
  return 1 + ((labels ?? tags) ? 1 : 0) + (name === undefined ? 0 : 2);
}

function isFrom({ kind = 'Mesh', name, tags = {} }: TargetRef = {}, client: Identity): boolean {
  if (kind === 'Mesh') return true;
  if (kind === 'MeshSubset') return includesAll(client.tags, tags);
  return name === client.service && includesAll(client.tags, tags);
}

function hasMatch(matches: readonly SpiffeMatch[] | undefined, client: Identity): boolean {
  const id = client.spiffeId;
  return (matches ?? []).some(({ spiffeID }) => {
    const value = spiffeID?.value ?? '';
    return spiffeID?.type === 'Prefix' ? id.startsWith(value) : id === value;
  });
}
