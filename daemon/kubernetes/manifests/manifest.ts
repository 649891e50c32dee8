/** Kubernetes objects as they are printed. */
import { stringify } from 'yaml';

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

/** As one stream of YAML, for `kubectl apply -f -`. */
export function formatManifests(manifests: readonly object[]): string {
  return manifests
    .map((manifest) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n');
}

/** A name that Kubernetes takes for a Service or a namespace. */
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
