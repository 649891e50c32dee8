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

/** A MeshIdentity, as far as it decides about SPIFFE IDs. */
export interface IdentityIssuer {
  readonly name: string;
  /** Labels of the Dataplanes that it is for; empty: all. */
  readonly selects: Readonly<Record<string, string>>;
  /** False: it says SPIFFE IDs, and gives no certificates. */
  readonly issues: boolean;
  readonly templates: SpiffeTemplates;
}

/** Of several that select a Dataplane the one with most labels counts, then the first by name. */
export function issuerOf(
  issuers: readonly IdentityIssuer[],
  labels: Readonly<Record<string, string>>,
): IdentityIssuer | undefined {
  const rank = ({ selects }: IdentityIssuer): number => Object.keys(selects).length;
  return issuers
    .filter(
      ({ issues, selects }) =>
        issues && Object.entries(selects).every(([key, value]) => labels[key] === value),
    )
    .sort((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : 1))[0];
}
