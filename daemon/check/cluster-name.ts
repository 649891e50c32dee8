/** Which mesh service a cluster of the sidecar stands for: by its name, which the control plane makes of it. */

/** A mesh service, as far as its clusters are called after it. */
export interface ClusterService {
  readonly name: string;
  readonly namespace?: string;
  readonly zone?: string;
  /** Its values of `kuma.io/service`. */
  readonly tags: readonly string[];
  /** Numbers and names of its ports; none: any. */
  readonly ports?: readonly (number | string)[];
}

/** A subset of a service has a hash at the end: `backend-5b73b3f4adf20020`. */
const subset = /-[0-9a-f]{16}$/;

/** From 3.0 on: `kri_msvc_default_zone-a_shop_orders_8080`, with the number or the name of the port. */
const unified = /^kri_(?:msvc|mzsvc|extsvc)_([^_]*)_([^_]*)_([^_]*)_([^_]*)_([^_]*)$/;

/** Before: `default_orders_shop_zone-a_msvc_8080`. A mesh may have underscores in its name. */
const legacy = /^.+_([^_]+)_([^_]*)_([^_]*)_(?:msvc|mzsvc|extsvc)_(\d+)$/;

interface Named {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly zone: string | undefined;
  readonly port: string | undefined;
}

export function isClusterOf(cluster: string, service: ClusterService): boolean {
  const whole = cluster.replace(subset, '');
  const named = read(whole);
  if (!named) return service.tags.includes(whole) || service.tags.includes(cluster);
  const { ports = [] } = service;
  return (
    named.name === service.name &&
    agrees(named.namespace, service.namespace) &&
    agrees(named.zone, service.zone) &&
    (ports.length === 0 || !named.port || ports.some((port) => String(port) === named.port))
  );
}

function read(cluster: string): Named | undefined {
  const kri = unified.exec(cluster);
  if (kri) {
    const [, , zone, namespace, name, port] = kri;
    return { name, namespace, zone, port };
  }
  const old = legacy.exec(cluster);
  if (!old) return undefined;
  const [, name, namespace, zone, port] = old;
  return { name, namespace, zone, port };
}

/** What one of the two does not say does not tell them apart. */
function agrees(part: string | undefined, known: string | undefined): boolean {
  return part === undefined || part === '' || known === undefined || part === known;
}
