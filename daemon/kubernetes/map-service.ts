/**
 * A Kubernetes Service as a mesh service: its ClusterIP and its own ports, never the IPs of its Pods.
 * Source of the addresses: Kuma's rules per environment, as observed on a real API server.
 */
import {
  orderHostnames,
  type Availability,
  type MeshService,
  type MeshServicePort,
} from '../../catalog/service';
import { followExternalName } from './external-name';
import { serviceTag } from './gateway-tag';
import type { ServicePortView, ServiceView } from './views';

export interface Endpoints {
  readonly total: number;
  readonly healthy: number;
}

export interface MapContext {
  readonly mesh: string;
  readonly clusterDomain: string;
  /** Whether the mesh serves legacy `.mesh` names: not in a mesh whose services are exclusive. */
  readonly legacyNames: boolean;
  readonly meshHostnames: ReadonlySet<string>;
  find(name: { readonly namespace: string; readonly name: string }): ServiceView | undefined;
}

/** Longer chains of ExternalName Services are a mistake, or a circle. */
const maxHops = 4;

/** @returns undefined for a Service without TCP ports: Kong could not use it. */
export function mapService(
  service: ServiceView,
  endpoints: Endpoints | undefined,
  context: MapContext,
): MeshService | undefined {
  if (service.externalName !== undefined) return mapExternalName(service, context);
  const tcp = service.ports.filter(({ protocol }) => protocol === 'TCP');
  if (tcp.length === 0) return undefined;
  const headless = service.clusterIps.length === 0;
  return {
    ...identity(service, context),
    hostnames: [dnsName(service, context.clusterDomain)],
    ports: tcp.map((port) => ({
      ...plainPort(port),
      tag: serviceTag(service, port.port),
      // Without an IP of its own only the mesh's legacy name stands for all of its Pods.
      ...(headless && context.legacyNames ? { servedAt: legacyNames(service, port.port) } : {}),
    })),
    vips: service.clusterIps,
    availability: availabilityOf(endpoints),
    ...(endpoints ? { endpoints } : {}),
  };
}

/** `<service>.<namespace>.svc.<cluster domain>`: leads to the ClusterIP, so into the mesh. */
export function dnsName(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  clusterDomain: string,
): string {
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

function mapExternalName(service: ServiceView, context: MapContext): MeshService {
  const { externalName = '' } = service;
  const target = followExternalName(externalName, context.clusterDomain, context.meshHostnames);
  const bare: MeshService = {
    ...identity(service, context),
    alias: true,
    hostnames: [],
    ports: portsOf(service),
    vips: [],
    availability: 'unknown',
  };
  switch (target.type) {
    case 'mesh': {
      const servedAt = (port: number): NonNullable<MeshServicePort['servedAt']> => ({
        hostnames: [target.hostname],
        port: target.port ?? port,
      });
      return { ...bare, ports: bare.ports.map((p) => ({ ...p, servedAt: servedAt(p.port) })) };
    }
    case 'service': {
      const end = followServices(target, context);
      return end ? aliasOf(bare, end, context) : bare;
    }
    // Without an address a link to it fails and says so, instead of going past the mesh.
    case 'outside':
      return bare;
  }
}

/** What a chain of ExternalName Services ends at; undefined for a circle and for a missing Service. */
function followServices(
  start: { readonly namespace: string; readonly name: string },
  context: MapContext,
): ServiceView | undefined {
  let found = context.find(start);
  for (let hop = 0; hop < maxHops; hop += 1) {
    const { externalName } = found ?? {};
    if (externalName === undefined) return found;
    const next = followExternalName(externalName, context.clusterDomain, context.meshHostnames);
    if (next.type !== 'service') return found;
    found = context.find(next);
  }
  return undefined;
}

/** The ports are those of the alias, as for any client; only those that the other one has lead on. */
function aliasOf(alias: MeshService, target: ServiceView, context: MapContext): MeshService {
  const mapped = mapService(target, undefined, context);
  if (!mapped) return alias;
  const served = alias.ports.length > 0 ? alias.ports : mapped.ports;
  const ports = served.flatMap(({ tag: _tag, ...port }) => {
    const same = mapped.ports.find((one) => one.port === port.port);
    return same ? [{ ...port, ...(same.servedAt ? { servedAt: same.servedAt } : {}) }] : [];
  });
  return { ...alias, ports, vips: mapped.vips };
}

/** An ExternalName Service may leave its ports out: the legacy name is then the one port that exists. */
function portsOf({ ports }: ServiceView): readonly MeshServicePort[] {
  const tcp = ports.filter(({ protocol }) => protocol === 'TCP').map(plainPort);
  return tcp.length > 0 ? tcp : [{ port: 80 }];
}

function plainPort({ port, name, appProtocol }: ServicePortView): MeshServicePort {
  return {
    port,
    ...(name === undefined ? {} : { name }),
    ...(appProtocol === undefined ? {} : { protocol: appProtocol }),
  };
}

function legacyNames(
  { name, namespace }: ServiceView,
  port: number,
): NonNullable<MeshServicePort['servedAt']> {
  const tag = serviceTag({ name, namespace }, port);
  const hostnames = [`${tag}.mesh`, `${tag.replaceAll('_', '.')}.mesh`];
  return { hostnames: orderHostnames(hostnames), port: 80 };
}

function identity({ name, namespace }: ServiceView, { mesh }: MapContext) {
  return {
    kind: 'KubernetesService' as const,
    name,
    namespace,
    mesh,
    resource: `${name}.${namespace}`,
    labels: {},
  };
}

function availabilityOf(endpoints: Endpoints | undefined): Availability {
  if (!endpoints) return 'unknown';
  return endpoints.healthy > 0 ? 'available' : 'unavailable';
}
