/** Builders with only the fields that matter to a test. */
import type { Gateway, GatewayDataplane, Outbound } from '../../catalog/gateway';
import type { MeshService, MeshServicePort } from '../../catalog/service';

type Overrides = Partial<Omit<MeshService, 'ports'>> & {
  readonly ports?: readonly (number | MeshServicePort)[];
};

export function meshService(name: string, overrides: Overrides = {}): MeshService {
  const { ports = [8080], ...rest } = overrides;
  return {
    kind: 'MeshService',
    mesh: 'default',
    name,
    resource: name,
    labels: {},
    hostnames: [`${name}.svc.mesh.local`],
    vips: [vipOf(name)],
    availability: 'available',
    ...rest,
    ports: ports.map((port) => (typeof port === 'number' ? { port } : port)),
  };
}

/** Each service has one of its own, as in a mesh. */
export function vipOf(name: string): string {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 0xfffffe;
  const bytes = [hash >> 16, (hash >> 8) & 0xff, hash & 0xff];
  return ['241', ...bytes].join('.');
}

export function legacyService(tag: string, overrides: Overrides = {}): MeshService {
  return meshService(tag, {
    kind: 'LegacyService',
    hostnames: [],
    vips: [],
    ports: [{ port: 80, tag, servedAt: { hostnames: [`${tag}.mesh`], port: 80 } }],
    ...overrides,
  });
}

export function gateway(overrides: Partial<Gateway> = {}): Gateway {
  return { environment: 'universal', transparentProxy: false, outbounds: [], ...overrides };
}

export function dataplane(overrides: Partial<GatewayDataplane> = {}): GatewayDataplane {
  return {
    mesh: 'default',
    name: 'kong-01',
    address: '10.0.0.1',
    delegated: true,
    service: 'kong',
    tags: { 'kuma.io/service': 'kong' },
    labels: {},
    transparentProxy: false,
    outbounds: [],
    ...overrides,
  };
}

export function outboundTo(name: string, port: number, servicePort = 8080): Outbound {
  return {
    address: '127.0.0.1',
    port,
    target: { type: 'backendRef', kind: 'MeshService', name, labels: {}, port: servicePort },
  };
}

export function tagOutbound(port: number, tags: Readonly<Record<string, string>>): Outbound {
  return { address: '127.0.0.1', port, target: { type: 'tags', tags } };
}
