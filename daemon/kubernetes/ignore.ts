/** `kuma.io/ignore` on a Service: the control plane then acts as if the Service were not there. */

export const ignoreAnnotation = 'kuma.io/ignore';

/**
 * What the control plane makes of a value. A gateway's tag obeys `true` and `enabled` alike, but a
 * MeshService stays behind with `enabled`. A value that it does not know counts as not ignored, and
 * only its log says so.
 */
export type IgnoreEffect = 'ignored' | 'half-ignored' | 'not-ignored' | 'unknown-value';

export function ignoreEffect(value: string | undefined): IgnoreEffect {
  switch (value) {
    case undefined:
    case 'false':
    case 'no':
    case 'disabled':
      return 'not-ignored';
    case 'true':
    case 'yes':
      return 'ignored';
    case 'enabled':
      return 'half-ignored';
    default:
      return 'unknown-value';
  }
}

/** Whether the Service counts for the tags of the Pods that it selects. */
export function isIgnored(value: string | undefined): boolean {
  const effect = ignoreEffect(value);
  return effect === 'ignored' || effect === 'half-ignored';
}
