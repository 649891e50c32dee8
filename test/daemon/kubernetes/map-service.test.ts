/** What no address may be, over all of the recorded Services; which one a Service gets is in golden folders. */
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

it('never hands on a Pod IP', () => {
  const pods = recordedExchange('list-dataplanes-all').response.body.items;
  const podIps: string[] = pods.map((dataplane: any) => dataplane.spec.networking.address);

  const text = JSON.stringify(catalogOf(contextWith()).services);

  expect(podIps.length).toBeGreaterThan(2);
  expect(podIps.filter((ip) => text.includes(ip))).toEqual([]);
});
