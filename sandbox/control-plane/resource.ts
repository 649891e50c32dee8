/** The shapes the stand-in control plane stores, after the REST resources of Kuma 2.14. */

export type Tags = Readonly<Record<string, string>>;
export type Labels = Readonly<Record<string, string>>;
export type Json = Readonly<Record<string, unknown>>;

/** A resource as a client writes it: `type`, `name`, `mesh` where the kind has one, and its own fields. */
export interface ResourceBody {
  readonly type: string;
  readonly name: string;
  readonly mesh?: string;
  readonly labels?: Labels;
  readonly [field: string]: unknown;
}

/** A resource at rest. `fields` is what the kind itself holds: `spec`, `networking`, ... */
export interface StoredResource {
  readonly type: string;
  readonly mesh?: string;
  readonly name: string;
  readonly labels: Labels;
  readonly fields: Json;
  readonly creationTime: string;
  readonly modificationTime: string;
  /** Moves on every write; what the short commit window of a PUT compares. */
  readonly version: number;
}

export interface Inbound {
  readonly name?: string;
  readonly port: number;
  readonly address?: string;
  readonly servicePort?: number;
  readonly serviceAddress?: string;
  /** Instead of the `kuma.io/protocol` tag, where there are no tags. */
  readonly protocol?: string;
  readonly tags?: Tags;
  readonly state?: string;
  readonly health?: { readonly ready?: boolean };
}

export interface BackendRef {
  readonly kind: string;
  readonly name?: string;
  readonly labels?: Labels;
  readonly port?: number;
}

export interface Outbound {
  readonly address?: string;
  readonly port: number;
  readonly tags?: Tags;
  readonly backendRef?: BackendRef;
}

export interface Networking {
  readonly address: string;
  readonly gateway?: { readonly type?: string; readonly tags?: Tags };
  readonly inbound?: readonly Inbound[];
  readonly outbound?: readonly Outbound[];
}

/** What a proxy carries for a Dataplane: the body of a PUT without `type`, `mesh` and `name`. */
export interface DataplaneSpec {
  readonly networking: Networking;
  readonly labels?: Labels;
}

export interface MeshServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly appProtocol?: string;
}

export interface MeshServiceSpec {
  readonly state?: string;
  readonly selector?: {
    readonly dataplaneTags?: Tags;
    readonly dataplaneLabels?: { readonly matchLabels?: Labels };
    readonly dataplaneRef?: { readonly name?: string };
  };
  readonly ports?: readonly MeshServicePort[];
}

export function networkingOf(dataplane: StoredResource): Networking {
  return dataplane.fields['networking'] as Networking;
}

export function meshServiceSpecOf(meshService: StoredResource): MeshServiceSpec {
  return meshService.fields['spec'] as MeshServiceSpec;
}

/** Whether every wanted key has exactly the wanted value. */
export function includesAll(
  actual: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) => actual?.[key] === value);
}

/** The tag sets a Dataplane shows: its gateway's, or one per inbound. */
export function tagSetsOf(dataplane: StoredResource): readonly Tags[] {
  const { gateway, inbound } = networkingOf(dataplane);
  if (gateway) return [gateway.tags ?? {}];
  return (inbound ?? []).map((one) => one.tags ?? {});
}
