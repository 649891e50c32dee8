/** ExternalName Services for mesh services, in the form that Kubernetes accepts. */
import { kubernetesErrors } from '../errors';
import { isDnsLabel, isDnsName, type Manifest } from './manifest';

export interface ExternalNameOptions {
  /**
   * A `kuma.io/service` tag (`orders_shop_svc_8080`), a Service with its port (`orders.shop:8080`), or a
   * host name of the mesh (`orders.shop.svc.8080.mesh`, `stock.shop.svc.east.mesh.local:8080`). With
   * `name=` before it the Service is called so.
   */
  readonly reference: string;
  readonly namespace: string;
}

interface Destination {
  readonly hostname: string;
  readonly port: number;
  readonly name: string;
}

const tag = /^([^_.:]+)_([^_.:]+)_svc(?:_(\d{1,5}))?$/;
const service = /^([^_.:]+)\.([^_.:]+):(\d{1,5})$/;

/** Names of tags are served at this port alone. */
const legacyPort = 80;

/** @throws MeshdError K8S_EXTERNAL_NAME for what cannot be named so. */
export function externalNameManifest({ reference, namespace }: ExternalNameOptions): Manifest {
  const at = reference.indexOf('=');
  const wanted = at === -1 ? undefined : reference.slice(0, at);
  const { hostname, port, name } = destinationOf(reference.slice(at + 1));
  const called = wanted ?? name;
  if (!isDnsName(hostname)) throw refused(reference, `${hostname} is not a DNS name`);
  if (!isDnsLabel(called)) {
    throw refused(reference, `a Service cannot be called "${called}"; write name=${reference}`);
  }
  const numbers = [port, Number(/\.svc\.(\d+)\.mesh$/.exec(hostname)?.[1] ?? port)];
  const wrong = numbers.find((one) => !(one >= 1 && one <= 65535));
  if (wrong !== undefined) throw refused(reference, `${wrong} is no port`);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: called, namespace },
    spec: {
      type: 'ExternalName',
      externalName: hostname,
      ports: [{ name: 'http', port, protocol: 'TCP' }],
    },
  };
}

function destinationOf(text: string): Destination {
  const [, tagName, tagNamespace, tagPort] = tag.exec(text) ?? [];
  if (tagName !== undefined && tagNamespace !== undefined) {
    // Kubernetes refuses the underscores of a tag; the mesh serves a twin with dots.
    const hostname = `${[tagName, tagNamespace, 'svc', ...(tagPort ? [tagPort] : [])].join('.')}.mesh`;
    return { hostname, port: legacyPort, name: tagName };
  }
  const [, name, namespace, port] = service.exec(text) ?? [];
  if (name !== undefined && namespace !== undefined && port !== undefined && namespace !== 'mesh') {
    const hostname = `${name}.${namespace}.svc.${port}.mesh`;
    return { hostname, port: legacyPort, name };
  }
  return hostDestination(text);
}

function hostDestination(text: string): Destination {
  const [host = '', number] = text.toLowerCase().split(':');
  const [name = ''] = host.split('.');
  if (host.endsWith('.mesh')) {
    if (number !== undefined && Number(number) !== legacyPort) {
      throw refused(text, `names under .mesh answer at port ${legacyPort} alone`);
    }
    return {
      hostname: host.replaceAll('_', '.'),
      port: legacyPort,
      name: name.split('_')[0] ?? '',
    };
  }
  if (host.endsWith('.mesh.local')) {
    if (number === undefined)
      throw refused(text, 'it needs the port of the mesh service, as in :8080');
    return { hostname: host, port: Number(number), name };
  }
  if (/^[a-z0-9-]+$/.test(host) && number === undefined) {
    return { hostname: `${host}.mesh`, port: legacyPort, name: host };
  }
  throw refused(text, 'it is neither a tag, nor a Service with its port, nor a name of the mesh');
}

function refused(reference: string, cause: string): Error {
  return kubernetesErrors.error('K8S_EXTERNAL_NAME', { reference, cause });
}
