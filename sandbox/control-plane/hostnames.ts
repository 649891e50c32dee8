import { includesAll } from './resource';
import type { Json, StoredResource } from './resource';
import type { Place } from './labels';
import type { ResourceStore } from './store';

/** One host name of a service and the generator it comes from. */
export interface Hostname {
  readonly hostname: string;
  readonly generator: string;
  readonly zone: string;
}

const SELECTORS: Readonly<Record<string, string>> = {
  MeshService: 'meshService',
  MeshExternalService: 'meshExternalService',
  MeshMultiZoneService: 'meshMultiZoneService',
};

/**
 * The host names the generators give a service, in the order of the generators' names. On a global control
 * plane everything counts as of origin `global`, and the zone is reported as the service's own name (recorded).
 */
export function hostnamesOf(
  resource: StoredResource,
  store: ResourceStore,
  place: Place,
): readonly Hostname[] {
  const labels =
    place.mode === 'global' ? { ...resource.labels, 'kuma.io/origin': 'global' } : resource.labels;
  const zone = place.mode === 'global' ? resource.name : (labels['kuma.io/zone'] ?? place.zone);
  const generators = store.collection('HostnameGenerator').page(0, Infinity);
  return generators.flatMap(({ name, fields }) => {
    const { selector, template } = fields['spec'] as { selector?: Json; template?: string };
    const wanted = selector?.[SELECTORS[resource.type] ?? ''] as { matchLabels?: Json } | undefined;
    if (!wanted || template === undefined) return [];
    if (!includesAll(labels, (wanted.matchLabels ?? {}) as Record<string, string>)) return [];
    const hostname = render(template, resource, zone);
    return hostname === undefined ? [] : [{ hostname, generator: name, zone }];
  });
}

/** The default generators of a zone control plane of its own, or of a global one (recorded). */
export function defaultGenerators(
  mode: Place['mode'],
): readonly (readonly [name: string, spec: Json])[] {
  if (mode === 'zone') {
    return [
      [
        'local-mesh-external-service',
        generator('meshExternalService', 'zone', '{{ .DisplayName }}.extsvc.mesh.local'),
      ],
      [
        'local-universal-mesh-service',
        generator('meshService', 'zone', '{{ .DisplayName }}.svc.mesh.local'),
      ],
    ];
  }
  const kubernetes = (headless: string): Json => ({
    'k8s.kuma.io/is-headless-service': headless,
    'kuma.io/env': 'kubernetes',
  });
  const pod =
    '{{ label "statefulset.kubernetes.io/pod-name" }}.{{ label "k8s.kuma.io/service-name" }}';
  return [
    [
      'synced-headless-kube-mesh-service',
      generator(
        'meshService',
        'global',
        `${pod}.{{ .Namespace }}.svc.{{ .Zone }}.mesh.local`,
        kubernetes('true'),
      ),
    ],
    [
      'synced-kube-mesh-service',
      generator(
        'meshService',
        'global',
        '{{ .DisplayName }}.{{ .Namespace }}.svc.{{ .Zone }}.mesh.local',
        kubernetes('false'),
      ),
    ],
    [
      'synced-mesh-external-service',
      generator('meshExternalService', 'global', '{{ .DisplayName }}.extsvc.mesh.local'),
    ],
    [
      'synced-mesh-multi-zone-service',
      generator('meshMultiZoneService', 'global', '{{ .DisplayName }}.mzsvc.mesh.local'),
    ],
    [
      'synced-universal-mesh-service',
      generator('meshService', 'global', '{{ .DisplayName }}.svc.{{ .Zone }}.mesh.local', {
        'kuma.io/env': 'universal',
      }),
    ],
  ];
}

function generator(kind: string, origin: string, template: string, labels: Json = {}): Json {
  return {
    selector: { [kind]: { matchLabels: { ...labels, 'kuma.io/origin': origin } } },
    template,
  };
}

/** Undefined where the template asks for something the service does not have. */
function render(
  template: string,
  { name, mesh, labels }: StoredResource,
  zone: string,
): string | undefined {
  const fields: Readonly<Record<string, string | undefined>> = {
    DisplayName: labels['kuma.io/display-name'] ?? name,
    Name: name,
    Namespace: labels['k8s.kuma.io/namespace'] ?? '',
    Zone: zone,
    Mesh: mesh,
  };
  const missing: string[] = [];
  const rendered = template.replace(
    /\{\{-?\s*(?:\.(\w+)|label\s+"([^"]+)")\s*-?\}\}/g,
    (_, field: string | undefined, label: string | undefined) => {
      const value = field === undefined ? labels[label ?? ''] : fields[field];
      if (value === undefined) missing.push(field ?? label ?? '');
      return value ?? '';
    },
  );
  return missing.length > 0 || rendered.includes('{{') ? undefined : rendered;
}
