import { HttpRoutePolicy } from '../../../../daemon/doctor/gather/resources';
import { gatewayUnnamed } from '../../../../daemon/doctor/rules/gateway-unnamed';
import { meshPolicyPassesBy } from '../../../../daemon/doctor/rules/mesh-policy-passes-by';
import { meshRouteMisses } from '../../../../daemon/doctor/rules/mesh-route-misses';
import { mtlsOff } from '../../../../daemon/doctor/rules/mtls-off';
import { notDelegated } from '../../../../daemon/doctor/rules/not-delegated';
import { notReachable } from '../../../../daemon/doctor/rules/not-reachable';
import { permissionDenies } from '../../../../daemon/doctor/rules/permission-denies';
import { permissionMissing } from '../../../../daemon/doctor/rules/permission-missing';
import { retriesMultiply } from '../../../../daemon/doctor/rules/retries-multiply';
import {
  allow,
  factsFrom,
  gatewayProxy,
  linkedWith,
  orders,
  policy,
  workload,
  type Case,
  type SparseService,
} from '../facts-from';
import type { RuleTable } from './table';

/** As a service of 3.x is: no tag, and Dataplanes by a label. */
const ordersOf3: SparseService = {
  ...orders,
  ports: [{ port: 8080, protocol: 'http' }],
  selects: { 'kuma.io/workload': 'orders' },
};

const plain = {
  delegated: false,
  plain: true,
  service: undefined,
  zone: 'zone-a',
  labels: { 'kuma.io/workload': 'kong' },
  outbounds: [
    {
      address: '127.0.0.1',
      port: 30_000,
      target: { type: 'backendRef', kind: 'MeshService', name: 'orders', labels: {}, port: 8080 },
    },
  ],
} as const;

const kongId = 'spiffe://default.zone-a.mesh.local/workload/kong';
const rules = (list: string, value: string, type = 'Exact') =>
  policy('by-id', { rules: [{ default: { [list]: [{ spiffeID: { type, value } }] } }] });

/** A MeshIdentity for all Dataplanes, with the templates of the control plane. */
const byDefault = { name: 'default', selects: {}, issues: true, templates: {} };
const forKong = { 'kuma.io/workload': 'kong' };
const ofOther = { ...byDefault, selects: { team: 'other' }, templates: { trustDomain: 'other' } };
const ofKong = { ...byDefault, selects: forKong, templates: { trustDomain: 'edge' } };
const edgeId = 'spiffe://edge/workload/kong';

function httpRoute(match: object | undefined, spec: object = {}) {
  const rules = [{ ...(match ? { matches: [match] } : {}), default: {} }];
  const to = [{ targetRef: { kind: 'MeshService', labels: {}, name: 'orders' }, rules }];
  return HttpRoutePolicy.parse({ mesh: 'default', name: 'canary', spec: { to, ...spec } });
}
const prefixed = (value: string) => ({ path: { type: 'PathPrefix', value } });
const routed = (match?: object, spec?: object) => ({
  policies: { permissions: [rules('allow', kongId)], httpRoutes: [httpRoute(match, spec)] },
});
const routeOf = (fields: object) =>
  linkedWith({ routes: [{ name: 'orders', paths: ['/orders'], ...fields }] });

/** A gateway of 3.x with a MeshIdentity, in front of one service. */
function on3({ mesh, gateways, proxies = [], ...given }: Case = {}) {
  const labels = { 'kuma.io/workload': 'orders', app: 'orders' };
  const inbound = { address: '10.0.0.1', port: 8080, servicePort: 8080, tags: {} };
  return factsFrom({
    services: [ordersOf3],
    gateways: gateways ?? [plain],
    mesh: {
      version: '3.0.0',
      mode: 'Exclusive',
      ownIdentities: true,
      identities: [byDefault],
      ...mesh,
    },
    proxies: [workload('orders', { labels, inbounds: [inbound] }), ...proxies],
    policies: { permissions: [rules('allow', kongId)] },
    ...given,
  });
}

const retry = policy('retry-all', {
  targetRef: { kind: 'Mesh' },
  to: [{ targetRef: { kind: 'Mesh' }, default: { http: { numRetries: 5 } } }],
});
const retried = { kong: linkedWith({ retries: 5 }), policies: { retries: [retry] } };

export const kuma3Tables: readonly RuleTable[] = [
  {
    rule: permissionMissing,
    fires: {
      'rules for another SPIFFE ID': {
        facts: on3({ policies: { permissions: [rules('allow', `${kongId}-2`)] } }),
        finds: ['error service orders'],
        says: kongId,
      },
      'a form that 3.x does not read': {
        facts: on3({ policies: { permissions: [allow('allow-all', { kind: 'Mesh' })] } }),
        finds: ['error service orders'],
      },
      'the ID of a MeshIdentity that another one outweighs': {
        facts: on3({ mesh: { identities: [byDefault, ofOther, ofKong] } }),
        finds: ['error service orders'],
        says: edgeId,
      },
      'nothing, and an ID that cannot be worked out': {
        facts: on3({
          mesh: { identities: [{ ...byDefault, templates: { path: '/{{ .Unknown }}' } }] },
          policies: { permissions: [] },
        }),
        finds: ['error service orders'],
        says: '--spiffe-id',
      },
      'no endpoints, by the labels that the service selects': {
        facts: factsFrom({
          services: [ordersOf3],
          gateways: [plain],
          mesh: { version: '3.0.0', ownIdentities: true, identities: [byDefault] },
          policies: { permissions: [rules('allow', `${kongId}-2`)] },
        }),
        finds: ['error service orders'],
      },
      'rules for other proxies': {
        facts: on3({
          policies: {
            permissions: [
              policy('others', {
                targetRef: { kind: 'Dataplane', labels: { app: 'users' } },
                rules: [{ default: { allow: [{ spiffeID: { type: 'Exact', value: kongId } }] } }],
              }),
            ],
          },
        }),
        finds: ['error service orders'],
      },
      'on 2.14, a MeshIdentity whose ID is not allowed': {
        facts: factsFrom({
          gateways: [{ labels: { 'kuma.io/workload': 'kong' }, zone: 'zone-a' }],
          mesh: { ownIdentities: true, identities: [byDefault] },
          policies: { permissions: [rules('allow', 'spiffe://default/other')] },
        }),
        finds: ['error service orders'],
        says: kongId,
      },
    },
    quiet: {
      'rules that name it': on3(),
      'a prefix of it': on3({
        policies: {
          permissions: [rules('allow', 'spiffe://default.zone-a.mesh.local/', 'Prefix')],
        },
      }),
      'several MeshIdentities, and the ID of the one that selects the gateway': on3({
        mesh: { identities: [byDefault, ofOther, ofKong] },
        policies: { permissions: [rules('allow', edgeId)] },
      }),
      'on 2.14, the tag where no MeshIdentity selects the gateway': factsFrom({
        mesh: { ownIdentities: true, identities: [ofOther] },
        policies: { permissions: [rules('allow', 'spiffe://default/kong')] },
      }),
      'an ID that cannot be worked out': on3({
        mesh: { identities: [{ ...byDefault, templates: { path: '/{{ .Unknown }}' } }] },
        policies: { permissions: [rules('allow', 'spiffe://x/y')] },
      }),
      'on 2.14, allowed by ID': factsFrom({
        gateways: [{ labels: { 'kuma.io/workload': 'kong' }, zone: 'zone-a' }],
        mesh: { ownIdentities: true, identities: [byDefault] },
        policies: { permissions: [rules('allow', kongId)] },
      }),
    },
  },
  {
    rule: permissionDenies,
    fires: {
      'a SPIFFE ID that is denied': {
        facts: on3({
          policies: { permissions: [rules('allow', kongId), rules('deny', kongId)] },
        }),
        finds: ['error service orders'],
        says: 'no permission outweighs a deny in rules',
      },
    },
    quiet: { 'rules that allow it': on3() },
  },
  {
    rule: gatewayUnnamed,
    fires: {
      'no workload': {
        facts: on3({ gateways: [{ ...plain, labels: {} }] }),
        finds: ['error gateway kong-01'],
      },
      'no MeshIdentity for it': {
        facts: on3({ mesh: { identities: [ofOther] } }),
        finds: ['error gateway kong-01'],
        says: 'No MeshIdentity',
      },
      'one that gives no certificates': {
        facts: on3({ mesh: { identities: [ofOther, { ...byDefault, issues: false }] } }),
        finds: ['error gateway kong-01'],
        says: 'No MeshIdentity',
      },
      'no certificate': {
        facts: on3({ proxies: [gatewayProxy({ proxy: { online: true, certified: false } })] }),
        finds: ['error gateway kong-01'],
        says: 'no certificate',
      },
    },
    quiet: {
      'both there': on3({
        proxies: [gatewayProxy({ proxy: { online: true, certified: true } })],
      }),
      'no workload on 2.14': factsFrom(),
    },
  },
  {
    rule: notDelegated,
    fires: {
      'inbounds, with a fix that 3.x knows': {
        facts: on3({ gateways: [{ ...plain, plain: false }] }),
        finds: ['error gateway kong-01'],
        says: 'sidecar with inbounds',
      },
      'the same on Kubernetes, where Kong works all the same': {
        facts: on3({
          gateways: [{ ...plain, plain: false }],
          settings: { environment: 'kubernetes' },
        }),
        finds: ['warning gateway kong-01'],
      },
    },
    quiet: { 'the form of 3.x': on3(), 'the same on 2.14': factsFrom({ gateways: [plain] }) },
  },
  {
    rule: meshRouteMisses,
    fires: {
      'one path alone': {
        facts: on3(routed(prefixed('/v1'))),
        finds: ['warning service orders'],
        says: 'canary',
      },
      'one method alone': {
        facts: on3(routed({ ...prefixed('/'), method: 'GET' })),
        finds: ['warning service orders'],
      },
      'an exact path': {
        facts: on3(routed({ path: { type: 'Exact', value: '/' } })),
        finds: ['warning service orders'],
      },
      'a path beside the one that the route keeps': {
        facts: on3({ ...routed(prefixed('/order')), kong: routeOf({ strip_path: false }) }),
        finds: ['warning service orders'],
        says: '/orders',
      },
      'a path of one of several routes': {
        facts: on3({
          ...routed(prefixed('/orders')),
          kong: routeOf({ strip_path: false, paths: ['/orders', '/carts'] }),
        }),
        finds: ['warning service orders'],
        says: '/carts',
      },
    },
    quiet: {
      'no match at all': on3(routed()),
      'every path': on3(routed(prefixed('/'))),
      'the path that the route keeps': on3({
        ...routed(prefixed('/orders')),
        kong: routeOf({ strip_path: false }),
      }),
      'the path of the service': on3({
        ...routed(prefixed('/v1')),
        kong: linkedWith({ path: '/v1' }),
      }),
      'for other proxies': on3(
        routed(prefixed('/v1'), { targetRef: { kind: 'Dataplane', labels: { app: 'users' } } }),
      ),
      // What nothing matches goes to the service there.
      'on 2.14': factsFrom(routed(prefixed('/v1'))),
      // It reaches no proxy without a gateway block and inbounds there.
      'before 3.0, for the whole mesh': on3({
        ...routed(prefixed('/v1')),
        mesh: { version: '3.0.0-preview' },
      }),
    },
  },
  {
    rule: mtlsOff,
    fires: {
      'with a fix that 3.x knows': {
        facts: on3({ mesh: { mtls: false, ownIdentities: false, identities: [] } }),
        finds: ['warning mesh default'],
        says: 'Write a MeshIdentity',
      },
    },
    quiet: { 'a MeshIdentity': on3() },
  },
  {
    rule: notReachable,
    fires: {
      'transparent proxying without a list': {
        facts: on3({ gateways: [{ ...plain, transparentProxy: true, outbounds: [] }] }),
        finds: ['error gateway kong-01'],
        says: '"labels":{"kuma.io/display-name":"orders"}',
      },
    },
    quiet: {
      'a control plane that restricts nothing': on3({
        gateways: [{ ...plain, transparentProxy: true, outbounds: [] }],
        mesh: { restrictOutbound: false },
      }),
      'by outbounds': on3(),
    },
  },
  {
    rule: meshPolicyPassesBy,
    fires: {
      'a retry for the mesh, before 3.0': {
        facts: on3({ ...retried, mesh: { version: '3.0.0-preview' } }),
        finds: ['info gateway kong-01'],
        says: 'labels: {kuma.io/workload: kong}',
      },
      'the same on 2.14': {
        facts: factsFrom({ ...retried, gateways: [plain] }),
        finds: ['info gateway kong-01'],
      },
    },
    quiet: {
      'from 3.0 on': on3(retried),
      'a gateway with its block': factsFrom(retried),
      'a policy that selects the gateway': factsFrom({
        gateways: [plain],
        policies: {
          retries: [
            policy('for-kong', {
              targetRef: { kind: 'Dataplane', labels: forKong },
              to: [{ targetRef: { kind: 'Mesh' }, default: { http: { numRetries: 5 } } }],
            }),
          ],
        },
      }),
    },
  },
  {
    rule: retriesMultiply,
    fires: {
      'a policy for the mesh on 3.0': { facts: on3(retried), finds: ['warning service orders'] },
    },
    quiet: {
      // Envoy has no retry there: it reaches proxies with a gateway block or inbounds only.
      'the same before 3.0': on3({ ...retried, mesh: { version: '3.0.0-preview' } }),
    },
  },
];
