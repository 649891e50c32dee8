/**
 * Kuma's resources as its API group on Kubernetes shows them, in the form that its REST API has: there
 * the display name is a label, `spec` of older kinds is not nested, and a name holds its namespace.
 */

export interface MeshResource {
  readonly type: string;
  readonly mesh: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Kinds whose fields stand beside the name in the REST form. */
const flatKinds: ReadonlySet<string> = new Set(['Dataplane', 'Mesh']);
/** Annotations on Kubernetes that are labels in the REST form. */
const asLabels = ['kuma.io/display-name', 'kuma.io/workload', 'k8s.kuma.io/service-account'];

/** Of objects without the fields that one expects the rest; what is wrong shows when they are parsed. */
export function toMeshResource(kind: string, object: unknown): MeshResource {
  const { metadata, mesh, spec, status } = record(object);
  const { name, namespace, labels, annotations } = record(metadata);
  const allLabels = strings(labels);
  const given = strings(annotations);
  const plain = typeof name === 'string' ? name : '';
  return {
    type: kind,
    // Older kinds have it beside the metadata, newer ones as a label.
    mesh: typeof mesh === 'string' ? mesh : (allLabels['kuma.io/mesh'] ?? 'default'),
    name: typeof namespace === 'string' ? `${plain}.${namespace}` : plain,
    labels: {
      ...allLabels,
      ...Object.fromEntries(
        asLabels.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]]])),
      ),
    },
    ...(flatKinds.has(kind) ? record(spec) : { spec, status }),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function strings(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(record(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
