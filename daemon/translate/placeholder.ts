/**
 * The host that fails closed. `.invalid` never resolves (RFC 2606), so Kong answers 503 "name
 * resolution failed"; a plugin that sets a target is not in its way, be the target an IP or a name.
 */
const suffix = '.mesh.invalid';

/** `orders.mesh.invalid`: the name is made a DNS label, so that the log line still tells whose it is. */
export function placeholderHost(name: string): string {
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
