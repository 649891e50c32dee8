/** What is taken over from one observation to the next is what would be found anew. */
import { createBuilder } from '../../../../daemon/sources/kubernetes/build-observation';
import { collectFacts, type KindRead } from '../../../../daemon/sources/kubernetes/collect-facts';
import {
  watchedKinds,
  type Kept,
  type KindName,
} from '../../../../daemon/sources/kubernetes/watched-kinds';
import { meshedService, routeTo } from '../../../support/routed-cluster';
import fc from '../../../support/property';

const names = ['a', 'b', 'c', 'd', 'e'];
const options = { mesh: 'default', selection: {}, clusterDomain: 'cluster.local', enforce: true };

/** One turn of the cluster: which of its objects there are, and how. */
interface Turn {
  readonly services: Readonly<
    Record<string, 'absent' | 'plain' | 'annotated' | 'marked' | 'moved'>
  >;
  readonly routes: readonly string[];
  readonly proxied: readonly string[];
  readonly pods: readonly string[];
}

const annotation = 'ingress.kubernetes.io/service-upstream';
const marks = { [annotation]: 'true', 'kong-meshd.io/service-upstream': 'kong' };

/** Objects that are the same in two turns are the same objects, as a cache keeps them. */
const made = new Map<string, Kept<never>>();
function keep(kind: KindName, object: any): Kept<never> {
  const key = `${kind} ${JSON.stringify(object)}`;
  const kept = made.get(key) ?? (watchedKinds[kind].map(object) as Kept<never>);
  made.set(key, kept);
  return kept;
}

const lists = new Map<string, readonly Kept<never>[]>();
function list(kind: KindName, objects: readonly any[]): readonly Kept<never>[] {
  const key = `${kind} ${JSON.stringify(objects)}`;
  const kept = lists.get(key) ?? objects.map((object) => keep(kind, object));
  lists.set(key, kept);
  return kept;
}

function factsOf({ services, routes, proxied, pods }: Turn) {
  const present = Object.entries(services).filter(([, state]) => state !== 'absent');
  const objects: Partial<Record<KindName, readonly any[]>> = {
    services: present.map(([name, state]) => {
      const [service] = meshedService(name);
      const annotations =
        state === 'annotated' ? { [annotation]: 'true' } : state === 'marked' ? marks : {};
      const clusterIP = state === 'moved' ? '10.96.9.9' : service.spec.clusterIP;
      return {
        ...service,
        metadata: { ...service.metadata, annotations },
        spec: { ...service.spec, clusterIP },
      };
    }),
    meshServices: present.map(([name]) => ({ ...meshedService(name)[1], mesh: 'default' })),
    httpRoutes: routes.map((name) => routeTo('HTTPRoute', name)),
    gatewayClasses: [
      {
        metadata: { name: 'kong' },
        spec: { controllerName: 'konghq.com/kic-gateway-controller' },
      },
    ],
    gateways: [
      {
        metadata: { name: 'kong', namespace: 'kong' },
        spec: {
          gatewayClassName: 'kong',
          listeners: [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }],
        },
      },
    ],
    dataplanes: proxied.map((name) => ({
      mesh: 'default',
      metadata: { name: `${name}-1`, namespace: 'shop' },
      spec: {
        networking: {
          address: '10.1.0.1',
          inbound: [
            { tags: { 'k8s.kuma.io/namespace': 'shop', 'k8s.kuma.io/service-name': name } },
          ],
        },
      },
    })),
    endpointSlices: pods.map((name) => ({
      metadata: {
        ...{ name: `${name}-x`, namespace: 'shop' },
        labels: { 'kubernetes.io/service-name': name },
      },
      ...{ addressType: 'IPv4', endpoints: [{ addresses: ['10.1.0.1'] }] },
    })),
  };
  const read = (kind: KindName): KindRead => ({
    state: 'read',
    kept: list(kind, objects[kind] ?? []),
  });
  return collectFacts(read, { gatewayNamespace: 'kong', namespaces: undefined });
}

const some = fc.subarray(names);
const state = fc.constantFrom('absent', 'plain', 'annotated', 'marked', 'moved');
const turn: fc.Arbitrary<Turn> = fc.record({
  services: fc.record(Object.fromEntries(names.map((name) => [name, state]))),
  ...{ routes: some, proxied: some, pods: some },
});

it('is the same as if it were the first one, whatever came before', () => {
  let steps = 0;
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), (turns) => {
      const build = createBuilder();
      for (const one of turns) {
        const followed = build(factsOf(one), options);
        const anew = createBuilder()(factsOf(one), options);
        expect(followed).toEqual(anew);
        steps += followed.upstream?.length ?? 0;
      }
    }),
  );
  expect(steps).toBeGreaterThan(0);
});
