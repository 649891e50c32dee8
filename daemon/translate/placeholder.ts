/**
 * The host that fails closed. `.invalid` never resolves (RFC 2606), so Kong answers 503 "name
 * resolution failed"; a plugin that sets a target is not in its way, be the target an IP or a name.
 */
const suffix = '.mesh.invalid';

/** `orders.mesh.invalid`: the name is made a DNS label, so that the log line still tells whose it is. */
export function placeholderHost(
  name: string,
  isUpstream: (host: string) => boolean = () => false,
): string {
  const host = plainPlaceholder(name);
  if (!isUpstream(host)) return host;
  // An upstream of that name would catch the requests that should be refused.
  for (let number = 2; ; number++) {
    const other = `${host.slice(0, -suffix.length).slice(0, 58)}-${number}${suffix}`;
    if (!isUpstream(other)) return other;
  }
}

function plainPlaceholder(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return `${label === '' ? 'service' : label}${suffix}`;
}

export function isPlaceholder(host: string): boolean {
  return host.toLowerCase().endsWith(suffix);
}
