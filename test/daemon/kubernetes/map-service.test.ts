/** Which address a Kubernetes Service gets: through the catalog, as a link would get it. */
import { formatAddress } from '../../../catalog/address';
import { createCatalog } from '../../../catalog/catalog';
import { mapService, type MapContext } from '../../../daemon/kubernetes/map-service';
import { ServiceView } from '../../../daemon/kubernetes/views';
import { recordedExchange } from '../../support/recorded-kubernetes';

const recorded = recordedExchange('list-services-all').response.body.items;

function external(name: string, externalName: string, ports?: object[]) {
  return {
    metadata: { name, namespace: 'shop' },
    spec: { type: 'ExternalName', externalName, ...(ports ? { ports } : {}) },
  };
}

const further = [
  external('abroad', 'stock.shop.svc.east.mesh.local', [{ port: 8080 }]),
  external('own-generator', 'stock.internal.example', [{ port: 9000 }]),
  external('no-ports', 'fe.dev.svc.80.mesh'),
  external('to-orders', 'orders.shop.svc.cluster.local', [{ port: 8080 }, { port: 1 }]),
  external('to-cart', 'cart.shop.svc', [{ port: 9090 }]),
  external('to-legacy', 'legacy.shop.svc.cluster.local', [{ port: 80 }]),
  external('twice', 'to-orders.shop.svc.cluster.local', [{ port: 8080 }]),
  external('circle', 'circle.shop.svc.cluster.local', [{ port: 8080 }]),
  external('to-nothing', 'none.shop.svc.cluster.local', [{ port: 8080 }]),
  external('database', 'db.example.com', [{ port: 5432 }]),
  {
    metadata: { name: 'dual', namespace: 'shop' },
    spec: { clusterIP: 'fd00::7', clusterIPs: ['fd00::7', '10.96.0.7'], ports: [{ port: 80 }] },
  },
  {
    metadata: { name: 'udp', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.8', ports: [{ port: 53, protocol: 'UDP' }] },
  },
];

const views = [...recorded, ...further].map((object) => ServiceView.parse(object));

function contextWith(change: Partial<MapContext> = {}): MapContext {
  return {
    mesh: 'default',
    clusterDomain: 'cluster.local',
    legacyNames: true,
    meshHostnames: new Set(['stock.internal.example']),
    find: ({ name, namespace }) =>
      views.find((view) => view.name === name && view.namespace === namespace),
    ...change,
  };
}

function catalogOf(context: MapContext) {
  const services = views.flatMap((view) => mapService(view, undefined, context) ?? []);
  const gateway = { environment: 'kubernetes', transparentProxy: true, outbounds: [] } as const;
  return createCatalog('default', services, gateway);
}

function choose(
  reference: string,
  choice: 'auto' | 'mesh' | 'service-ip',
  context = contextWith(),
) {
  const catalog = catalogOf(context);
  const [service = '', port] = reference.split(':');
  const result = catalog.find({ service, ...(port ? { port } : {}) });
  if (!result.found) return result.miss.reason;
  const address = catalog.choose(result.service, result.port, choice);
  return address && formatAddress(address);
}

it.each<[string, string, 'auto' | 'mesh' | 'service-ip', string | undefined]>([
  ['a ClusterIP with the Service port', 'orders.shop', 'auto', '10.96.157.68:8080'],
  ['by its legacy tag too', 'orders_shop_svc_8080', 'auto', '10.96.157.68:8080'],
  [
    'by its DNS name where a link asks so',
    'orders.shop',
    'mesh',
    'orders.shop.svc.cluster.local:8080',
  ],
  ['of several ports', 'kuma-control-plane.kuma-system:5682', 'auto', '10.96.151.227:5682'],
  [
    'headless: its legacy name, which serves port 80',
    'cart.shop',
    'auto',
    'cart.shop.svc.9090.mesh:80',
  ],
  ['headless has no IP', 'cart.shop', 'service-ip', undefined],
  ['ExternalName: the dotted legacy name at 80', 'legacy.shop', 'auto', 'fe.dev.svc.80.mesh:80'],
  ['ExternalName without ports', 'no-ports.shop', 'auto', 'fe.dev.svc.80.mesh:80'],
  ['ExternalName to another zone', 'abroad.shop', 'auto', 'stock.shop.svc.east.mesh.local:8080'],
  ['ExternalName to a generated name', 'own-generator.shop', 'auto', 'stock.internal.example:9000'],
  ['ExternalName to a Service here', 'to-orders.shop:8080', 'auto', '10.96.157.68:8080'],
  ['ExternalName to a headless one', 'to-cart.shop', 'auto', 'cart.shop.svc.9090.mesh:80'],
  ['ExternalName to an ExternalName', 'to-legacy.shop', 'auto', 'fe.dev.svc.80.mesh:80'],
  ['two hops', 'twice.shop', 'auto', '10.96.157.68:8080'],
  ['a port that the target has not', 'to-orders.shop:1', 'auto', 'unknown-port'],
  ['a circle', 'circle.shop', 'auto', undefined],
  ['to nothing', 'to-nothing.shop', 'auto', undefined],
  ['out of the mesh', 'database.shop', 'auto', undefined],
  ['never as a name either', 'database.shop', 'mesh', undefined],
  ['dual stack: the first family', 'dual.shop', 'auto', '[fd00::7]:80'],
  ['UDP alone is nothing for Kong', 'udp.shop', 'auto', 'unknown-service'],
])('%s', (_name, reference, choice, expected) => {
  expect(choose(reference, choice)).toBe(expected);
});

it('has no address for a headless Service where the mesh serves no legacy names', () => {
  const context = contextWith({ legacyNames: false });

  expect(choose('cart.shop', 'auto', context)).toBeUndefined();
  expect(choose('cart.shop', 'mesh', context)).toBeUndefined();
});

it('never hands on a Pod IP', () => {
  const pods = recordedExchange('list-dataplanes-all').response.body.items;
  const podIps: string[] = pods.map((dataplane: any) => dataplane.spec.networking.address);

  const text = JSON.stringify(catalogOf(contextWith()).services);

  expect(podIps.length).toBeGreaterThan(2);
  expect(podIps.filter((ip) => text.includes(ip))).toEqual([]);
});
