/**
 * A path as Kong's router sees it: encoded unreserved characters decoded, dot segments resolved, slashes
 * merged.
 */
export function normalizePath(path: string): string {
  if (!/%|\/\.|\/\//.test(path)) return path;
  const decoded = path.replace(/%([0-9a-fA-F]{2})/g, (whole, hex: string) => {
    const character = String.fromCharCode(parseInt(hex, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : whole.toUpperCase();
  });
  const segments: string[] = [];
  const parts = decoded.split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === '..') segments.pop();
    if (part === '..' || part === '.' || part === '') {
      if (last) segments.push('');
    } else {
      segments.push(part);
    }
  }
  return `/${segments.join('/')}`;
}

export interface PathJoin {
  /** The service's path; `/` when it has none. */
  readonly base: string;
  /** The request's path, without what the route strips. */
  readonly rest: string;
  /** The request's path as it came. */
  readonly requestPath: string;
  readonly handling: 'v0' | 'v1';
}

/**
 * The path for the upstream. `v0` joins with exactly one slash; `v1` puts one behind the other.
 *
 * An empty rest keeps the base's trailing slash only if the request had one.
 */
export function joinPaths({ base, rest, requestPath, handling }: PathJoin): string {
  if (rest === '') {
    if (base === '/' || !base.endsWith('/') || requestPath.endsWith('/')) return base;
    return handling === 'v0' ? base.slice(0, -1) : base;
  }
  if (base.endsWith('/') && rest.startsWith('/')) return base.slice(0, -1) + rest;
  if (base.endsWith('/') || rest.startsWith('/')) return base + rest;
  return handling === 'v0' ? `${base}/${rest}` : base + rest;
}
