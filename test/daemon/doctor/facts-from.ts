/** Facts of a healthy gateway, of which a case changes only what it is about. */
import type { GatewayDataplane } from '../../../catalog/gateway';
import { commonGateway } from '../../../catalog/gateway';
import type { Facts, ProxyFacts } from '../../../daemon/doctor/facts';
import { PolicyResource } from '../../../daemon/doctor/gather/resources';
import type { Policy } from '../../../daemon/doctor/policy/policy';
import { TranslateRules } from '../../../daemon/translate/rules';
import { translate } from '../../../daemon/translate/translate';
import { kongFrom } from '../translate/build-kong';
import { catalogFrom, type SparseService } from '../translate/catalog-file';
export type { SparseService };

/** A service that is given as undefined is none; one that is not given is `kong`. */
export type GivenGateway = Partial<Omit<GatewayDataplane, 'service'>> & {
  readonly service?: string | undefined;
};

export interface Case {
  readonly settings?: Partial<Facts['settings']>;
  /** The gateways' Dataplanes; by default one, kong-01, as it should be. */
  readonly gateways?: readonly GivenGateway[];
  readonly services?: readonly SparseService[];
  /** A Kong configuration as a user writes it. */
  readonly kong?: Readonly<Record<string, unknown>>;
  readonly rules?: Readonly<Record<string, unknown>>;
  /** Besides the gateways' own: those of a name replace them. */
  readonly proxies?: readonly ProxyFacts[];
  readonly mesh?: Partial<NonNullable<Facts['mesh']>>;
  readonly policies?: Facts['policies'];
  readonly more?: Partial<Facts>;
}

export const orders: SparseService = {
  kind: 'MeshService',
  name: 'orders',
  ports: [{ port: 8080, protocol: 'http', tag: 'orders' }],
  vips: ['241.0.0.1'],
  hostnames: ['orders.svc.mesh.local'],
};

/** A Service of a cluster that no link of Kong leads to, and the route of the cluster that does. */
export const routedOrders = {
  services: [
    {
      ...{ kind: 'KubernetesService', name: 'orders', namespace: 'shop', vips: ['10.96.0.7'] },
      ports: [{ port: 8080, protocol: 'http', tag: 'orders_shop_svc_8080' }],
    },
  ] satisfies readonly SparseService[],
  kong: { services: [] },
  more: {
    cluster: {
      routed: [{ namespace: 'shop', name: 'orders', port: 8080 }],
      routes: [
        {
          ...{ kind: 'HTTPRoute', namespace: 'shop', name: 'to-orders' },
          match: { rule: 0, path: '/', headers: {}, plugged: false },
          backends: [{ namespace: 'shop', name: 'orders', port: 8080 }],
        },
      ],
      selectors: new Map<string, Readonly<Record<string, string>>>(),
    },
  },
} as const;

/** A Kong service with a tag that links it to `orders`. */
export const linkedOrders = {
  services: [
    {
      name: 'orders',
      host: 'orders.internal',
      tags: ['mesh:orders'],
      routes: [{ name: 'orders', paths: ['/orders'] }],
    },
  ],
};

/** The same with fields of the Kong service over it. */
export function linkedWith(fields: Readonly<Record<string, unknown>>) {
  return { services: [{ ...linkedOrders.services[0], ...fields }] };
}

export const pluginOrders = {
  services: [
    {
      name: 'orders',
      host: 'orders.internal',
      plugins: [{ name: 'mesh-upstream', config: { service: 'orders' } }],
      routes: [{ name: 'orders', paths: ['/orders'] }],
    },
  ],
};

/** A policy as its author writes it. */
export function policy(name: string, spec: Readonly<Record<string, unknown>>): Policy {
  return PolicyResource.parse({ mesh: 'default', name, spec });
}

export function allow(name: string, client: unknown, target: unknown = { kind: 'Mesh' }): Policy {
  const from = [{ targetRef: client, default: { action: 'Allow' } }];
  return policy(name, { targetRef: target, from });
}

export const kongClient = { kind: 'MeshSubset', tags: { 'kuma.io/service': 'kong' } };

/** A Dataplane with one inbound, as the control plane tells of it. */
export function workload(service: string, more: Partial<ProxyFacts> = {}): ProxyFacts {
  return {
    name: `${service}-1`,
    labels: {},
    address: '10.0.0.1',
    inbounds: [
      {
        address: '10.0.0.1',
        port: 8080,
        servicePort: 8080,
        tags: { 'kuma.io/service': service, 'kuma.io/protocol': 'http' },
      },
    ],
    proxy: { online: true },
    ...more,
  };
}

export function gatewayProxy(more: Partial<ProxyFacts> = {}): ProxyFacts {
  return {
    name: 'kong-01',
    labels: {},
    address: '127.0.0.5',
    gateway: { delegated: true, tags: { 'kuma.io/service': 'kong' } },
    inbounds: [],
    proxy: { online: true },
    ...more,
  };
}

export const outbound = (service: string, port: number) => ({
  address: '127.0.0.1',
  port,
  target: { type: 'tags', tags: { 'kuma.io/service': service } } as const,
});

export function factsFrom(given: Case = {}): Facts {
  const gateways = (given.gateways ?? [{}]).map((gateway) =>
    dataplane(gateway, 'service' in gateway),
  );
  const environment = given.settings?.environment ?? 'universal';
  const catalog = catalogFrom({
    services: given.services ?? [orders],
    gateway: commonGateway(environment, gateways),
  });
  const user = kongFrom(given.kong ?? linkedOrders);
  const translation = translate({
    catalog,
    user,
    rules: TranslateRules.parse(given.rules ?? {}),
  });
  const own = gateways.map(({ name, service = 'kong' }) =>
    gatewayProxy({ name, gateway: { delegated: true, tags: { 'kuma.io/service': service } } }),
  );
  const proxies = new Map(
    [...own, workload('orders'), ...(given.proxies ?? [])].map((proxy) => [proxy.name, proxy]),
  );
  return {
    settings: {
      mesh: 'default',
      environment,
      dataplanes: ['kong-01'],
      service: 'kong',
      owner: 'api',
      room: { address: '127.0.0.1', ports: { first: 30000, last: 30999 } },
      pluginName: 'mesh-upstream',
      version: '0.1.0',
      ...given.settings,
    },
    unasked: [],
    failures: translation.failures,
    catalog,
    gateways,
    proxies: [...proxies.values()],
    mesh: {
      product: 'Kuma',
      version: '2.14.3',
      mode: 'Everywhere',
      mtls: true,
      ownIdentities: false,
      passthrough: true,
      ...given.mesh,
    },
    policies: {
      permissions: [allow('allow-all', { kind: 'Mesh' })],
      legacyPermissions: [],
      timeouts: [],
      retries: [],
      healthChecks: [],
      passthroughs: [],
      ...given.policies,
    },
    kong: { user, desired: translation.desired, links: translation.links },
    ...given.more,
  };
}

function dataplane({ service: named, ...given }: GivenGateway, hasName: boolean): GatewayDataplane {
  const service = hasName ? named : 'kong';
  return {
    mesh: 'default',
    name: 'kong-01',
    address: '127.0.0.5',
    delegated: true,
    tags: service === undefined ? {} : { 'kuma.io/service': service },
    labels: {},
    transparentProxy: false,
    outbounds: [outbound('orders', 30000)],
    ...given,
    ...(service === undefined ? {} : { service }),
  };
}
