/** One request as Kong's router sees it. */

export interface RoutedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, without a port. */
  readonly host: string;
  /** The port that it came to: the one in the URL, else the scheme's own. */
  readonly port: number;
  /** Normalised, without the query. */
  readonly path: string;
  /** As it was asked, without the query: what decides about slashes at the end. */
  readonly rawPath: string;
  /** All values of a header, by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/**
 * @param url with a scheme, or a path alone: then the host is `localhost`.
 * @param headers `Name: value`; one of `Host` wins over the URL's.
 * @returns undefined where it is neither, or a header is malformed.
 */
export function parseRequest(
  method: string,
  url: string,
  headers: readonly string[],
): RoutedRequest | undefined {
  const text = url.startsWith('/') ? `http://localhost${url}` : url;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const parsed = new URL(text);
  const known = new Map<string, string[]>();
  for (const header of headers) {
    const [, name, value] = /^([^\s:]+):\s*(.*?)\s*$/.exec(header) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    known.set(key, [...(known.get(key) ?? []), value]);
  }
  const scheme = parsed.protocol === 'https:' ? 'https' : 'http';
  const named = known.get('host')?.[0] ?? parsed.host;
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(named.toLowerCase()) ?? [];
  // The class of the standard library resolves dots and encodes: Kong must see what was typed.
  const rawPath = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(text)?.[1] ?? '';
  return {
    method: method.toUpperCase(),
    scheme,
    host,
    port: Number(port ?? (parsed.port === '' ? (scheme === 'https' ? 443 : 80) : parsed.port)),
    path: normalisePath(rawPath === '' ? '/' : rawPath),
    rawPath: rawPath === '' ? '/' : rawPath,
    headers: known,
  };
}

/** Unreserved characters decoded, dot segments resolved, slashes merged, as in RFC 3986 section 6. */
export function normalisePath(path: string): string {
  const decoded = path.replace(/%([0-9a-fA-F]{2})/g, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : whole.toUpperCase();
  });
  const kept: string[] = [];
  const segments = decoded.split('/').slice(1);
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === '..') kept.pop();
    if (segment !== '' && segment !== '.' && segment !== '..') kept.push(segment);
    // What resolves to a folder ends like one.
    else if (isLast) kept.push('');
  });
  return `/${kept.join('/')}`;
}
