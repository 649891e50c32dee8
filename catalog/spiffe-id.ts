/** The SPIFFE ID that a MeshIdentity gives a Dataplane, by its templates or the defaults of the control plane. */

export interface SpiffeSubject {
  readonly mesh: string;
  readonly zone?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export interface SpiffeTemplates {
  readonly trustDomain?: string;
  readonly path?: string;
}

const defaultTrustDomain = '{{ .Mesh }}.{{ .Zone }}.mesh.local';
const defaultPaths = {
  kubernetes: '/ns/{{ .Namespace }}/sa/{{ .ServiceAccount }}',
  universal: '/workload/{{ label "kuma.io/workload" }}',
} as const;

export type SpiffeId =
  | { readonly known: true; readonly id: string }
  /** The part of a template that names what is not known. */
  | { readonly known: false; readonly template: string };

export function makeSpiffeId(
  subject: SpiffeSubject,
  environment: keyof typeof defaultPaths,
  { trustDomain = defaultTrustDomain, path = defaultPaths[environment] }: SpiffeTemplates = {},
): SpiffeId {
  const unknown: string[] = [];
  const fill = (template: string): string =>
    template.replace(/\{\{\s*(?:\.(\w+)|label\s+"([^"]+)")\s*\}\}/g, (whole, field, label) => {
      const value = valueOf(subject, field as string | undefined, label as string | undefined);
      if (value === undefined) unknown.push(whole);
      return value ?? '';
    });
  const id = `spiffe://${fill(trustDomain)}${fill(path.startsWith('/') ? path : `/${path}`)}`;
  const [template = id.includes('{{') ? id : undefined] = unknown;
  return template === undefined ? { known: true, id } : { known: false, template };
}

function valueOf(
  { mesh, zone, labels }: SpiffeSubject,
  field: string | undefined,
  label: string | undefined,
): string | undefined {
  if (label !== undefined) return labels[label];
  switch (field) {
    case 'Mesh':
      return mesh;
    case 'Zone':
      return zone ?? labels['kuma.io/zone'];
    case 'Namespace':
      return labels['k8s.kuma.io/namespace'];
    case 'ServiceAccount':
      return labels['k8s.kuma.io/service-account'];
    case 'Workload':
      return labels['kuma.io/workload'];
    default:
      return undefined;
  }
}
