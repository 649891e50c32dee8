/** Kubernetes objects as they are printed. */
import { stringify } from 'yaml';

import { kubernetesErrors } from '../errors';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Of everything that the daemon needs in a namespace. */
export const daemonName = 'kong-meshd';
export const labels = { 'app.kubernetes.io/name': daemonName };

/**
 * As one stream of YAML, for `kubectl apply -f -`.
 * @throws MeshdError K8S_MANIFEST_NAME where a flag gave a name that no object can have.
 */
export function formatManifests(manifests: readonly object[]): string {
  for (const manifest of manifests) checkNames(manifest);
  return manifests
    .map((manifest) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n');
}

function checkNames({ kind = 'object', metadata }: Partial<Manifest>): void {
  if (!metadata) return;
  const { name, namespace = 'default' } = metadata;
  const refused = (field: string, text: string): Error =>
    kubernetesErrors.error('K8S_MANIFEST_NAME', { kind, field, name: text });
  if (!isDnsName(namespace) || /\.|.{64}/.test(namespace)) throw refused('namespace', namespace);
  if (!isDnsName(name)) throw refused('name', name);
}

/** A name that Kubernetes takes for a Service. */
export function isDnsLabel(name: string): boolean {
  return /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

/** A host name that Kubernetes takes as an external name: no underscores. */
export function isDnsName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)
  );
}
