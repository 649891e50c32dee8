/** Which path the backend sees. Source: the router's path handling, versions v0 and v1. */

export interface PathParts {
  /** `path` of the Kong service, where it has one. */
  readonly servicePath?: string | undefined;
  /** The request's path, normalised. */
  readonly path: string;
  readonly rawPath: string;
  /** What the route matched, to be stripped; undefined where nothing is. */
  readonly strip?: string | undefined;
  readonly handling: 'v0' | 'v1';
}

/** v0 joins with exactly one slash; v1 puts one part behind the other. */
export function upstreamPath({ servicePath, path, rawPath, strip, handling }: PathParts): string {
  const base = servicePath ?? '/';
  const rest = strip === undefined ? path : path.slice(strip.length);
  if (rest === '') {
    const keepsSlash = base === '/' || !base.endsWith('/') || rawPath.endsWith('/');
    return keepsSlash || handling === 'v1' ? base : base.slice(0, -1);
  }
  if (base.endsWith('/') && rest.startsWith('/')) return base + rest.slice(1);
  const needsSlash = !base.endsWith('/') && !rest.startsWith('/') && handling === 'v0';
  return needsSlash ? `${base}/${rest}` : base + rest;
}
