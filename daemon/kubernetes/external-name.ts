/**
 * Where an ExternalName Service leads. Kong's DNS client follows no CNAME, and the ingress controller
 * may never ask for one, so the name of such a Service is never handed on: what it points at is.
 */

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What an external name is, for the gateway. */
export type ExternalTarget =
  /** A name that the mesh's DNS answers. `port` is what it is served at, whatever the Service says. */
  | { readonly type: 'mesh'; readonly hostname: string; readonly port?: number }
  /** Another Service of this cluster under its DNS name. */
  | { readonly type: 'service'; readonly namespace: string; readonly name: string }
  /** A destination outside the mesh, or a name that nothing known answers. */
  | { readonly type: 'outside' };

/** Port of every legacy `.mesh` name: their VIPs have no port of their own. */
const legacyPort = 80;

/**
 * @param meshHostnames names that mesh services have by their status, for generators of one's own.
 */
export function followExternalName(
  externalName: string,
  clusterDomain: string,
  meshHostnames: ReadonlySet<string>,
): ExternalTarget {
  const hostname = externalName.toLowerCase().replace(/\.$/, '');
  const local = serviceOf(hostname, clusterDomain);
  if (local) return { type: 'service', ...local };
  if (hostname.endsWith('.mesh')) return { type: 'mesh', hostname, port: legacyPort };
  if (hostname.endsWith('.mesh.local') || meshHostnames.has(hostname)) {
    return { type: 'mesh', hostname };
  }
  return { type: 'outside' };
}

function serviceOf(
  hostname: string,
  clusterDomain: string,
): { readonly name: string; readonly namespace: string } | undefined {
  const suffix = [`.svc.${clusterDomain}`, '.svc'].find((end) => hostname.endsWith(end));
  if (suffix === undefined) return undefined;
  const [name, namespace, ...more] = hostname.slice(0, -suffix.length).split('.');
  return name && namespace && more.length === 0 ? { name, namespace } : undefined;
}
