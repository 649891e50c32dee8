import { gatewayUnnamed } from '../../../../daemon/doctor/rules/gateway-unnamed';
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

/** A gateway of 3.x with a MeshIdentity, in front of one service. */
function on3({ mesh, gateways, proxies = [], ...given }: Case = {}) {
  const labels = { 'kuma.io/workload': 'orders', app: 'orders' };
  const inbound = { address: '10.0.0.1', port: 8080, servicePort: 8080, tags: {} };
  return factsFrom({
    services: [ordersOf3],
    gateways: gateways ?? [plain],
    mesh: { version: '3.0.0', mode: 'Exclusive', ownIdentities: true, identity: {}, ...mesh },
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
          mesh: { ownIdentities: true, identity: {} },
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
      'several MeshIdentities': factsFrom({
        mesh: { version: '3.0.0', ownIdentities: true },
        gateways: [plain],
        policies: { permissions: [rules('allow', 'spiffe://x/y')] },
      }),
      'on 2.14, allowed by ID': factsFrom({
        gateways: [{ labels: { 'kuma.io/workload': 'kong' }, zone: 'zone-a' }],
        mesh: { ownIdentities: true, identity: {} },
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
    },
    quiet: { 'the form of 3.x': on3(), 'the same on 2.14': factsFrom({ gateways: [plain] }) },
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
