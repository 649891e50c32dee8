import { externalWithoutEgress } from '../../../../daemon/doctor/rules/external-without-egress';
import { mtlsOff } from '../../../../daemon/doctor/rules/mtls-off';
import { permissionDenies } from '../../../../daemon/doctor/rules/permission-denies';
import { permissionMissing } from '../../../../daemon/doctor/rules/permission-missing';
import { permissionOldName } from '../../../../daemon/doctor/rules/permission-old-name';
import {
  allow,
  factsFrom,
  kongClient,
  orders,
  policy,
  routedOrders,
  workload,
} from '../facts-from';
import type { RuleTable } from './table';

const deny = policy('deny-kong', {
  targetRef: { kind: 'MeshService', name: 'orders' },
  from: [{ targetRef: kongClient, default: { action: 'Deny' } }],
});
const everybody = allow('allow-all', { kind: 'Mesh' });
const web = { kind: 'MeshSubset', tags: { 'kuma.io/service': 'web' } };
const bySpiffe = (list: string, value: string) =>
  policy('by-id', { rules: [{ default: { [list]: [{ spiffeID: { type: 'Exact', value } }] } }] });

const linkedExternal = {
  services: [
    { kind: 'MeshExternalService', name: 'pay', ports: [{ port: 443 }], vips: ['242.0.0.1'] },
  ],
  gateways: [{ transparentProxy: true }],
  kong: { services: [{ name: 'pay', host: 'x', tags: ['mesh:pay'] }] },
} as const;

export const permissionTables: readonly RuleTable[] = [
  {
    rule: mtlsOff,
    fires: {
      'a mesh without mTLS': {
        facts: factsFrom({ mesh: { mtls: false } }),
        finds: ['warning mesh default'],
      },
    },
    quiet: { 'with mTLS': factsFrom(), 'not known': { ...factsFrom(), mesh: undefined! } },
  },
  {
    rule: permissionMissing,
    fires: {
      'no permission at all': {
        facts: factsFrom({ policies: { permissions: [] } }),
        finds: ['error service orders'],
        says: 'no permission selects it',
      },
      'only for somebody else': {
        facts: factsFrom({ policies: { permissions: [allow('allow-web', web)] } }),
        finds: ['error service orders'],
      },
      'only for the name it had before': {
        facts: factsFrom({
          policies: {
            permissions: [
              allow('gateway', { kind: 'MeshSubset', tags: { 'kuma.io/service': 'kong-old' } }),
            ],
          },
        }),
        finds: ['error service orders'],
        says: 'they name kong-old, which is no service of this mesh',
      },
      'only for other servers': {
        facts: factsFrom({
          policies: {
            permissions: [allow('web', kongClient, { kind: 'MeshService', name: 'web' })],
          },
        }),
        finds: ['error service orders'],
      },
      'one of its endpoints is left out': {
        facts: factsFrom({
          proxies: [
            workload('orders', { labels: { app: 'orders' } }),
            workload('orders', { name: 'orders-2' }),
          ],
          policies: {
            permissions: [
              allow('kong', kongClient, { kind: 'Dataplane', labels: { app: 'orders' } }),
            ],
          },
        }),
        finds: ['error service orders'],
      },
      'a route of the cluster leads there': {
        facts: factsFrom({ ...routedOrders, policies: { permissions: [] } }),
        finds: ['error HTTPRoute shop/to-orders'],
        says: 'no permission selects it',
      },
      'rules for another identity': {
        facts: factsFrom({
          policies: { permissions: [bySpiffe('allow', 'spiffe://default/web')] },
        }),
        finds: ['error service orders'],
      },
    },
    quiet: {
      'everybody is allowed': factsFrom(),
      'allowed by name': factsFrom({ policies: { permissions: [allow('kong', kongClient)] } }),
      'allowed by the older kind of target': factsFrom({
        policies: { permissions: [allow('kong', { kind: 'MeshService', name: 'kong' })] },
      }),
      'allowed by a label of the server': factsFrom({
        proxies: [workload('orders', { labels: { app: 'orders' } })],
        policies: {
          permissions: [
            allow('kong', kongClient, { kind: 'Dataplane', labels: { app: 'orders' } }),
          ],
        },
      }),
      'allowed by SPIFFE ID': factsFrom({
        policies: { permissions: [bySpiffe('allow', 'spiffe://default/kong')] },
      }),
      'allowed by a TrafficPermission': factsFrom({
        policies: {
          permissions: [],
          legacyPermissions: [
            {
              name: 'old',
              sources: [{ 'kuma.io/service': '*' }],
              destinations: [{ 'kuma.io/service': 'orders' }],
            },
          ],
        },
      }),
      'identities of an unknown form': factsFrom({
        mesh: { ownIdentities: true },
        policies: { permissions: [bySpiffe('allow', 'spiffe://x/ns/kong/sa/default')] },
      }),
      'no mTLS': factsFrom({ mesh: { mtls: false }, policies: { permissions: [] } }),
      'permissions that could not be asked for': {
        ...factsFrom(),
        policies: { timeouts: [] },
      },
      'an external service': factsFrom({
        services: [{ ...orders, kind: 'MeshExternalService', ports: [{ port: 8080 }] }],
        gateways: [{ transparentProxy: true }],
        policies: { permissions: [] },
      }),
    },
  },
  {
    rule: permissionDenies,
    fires: {
      'a more specific one denies': {
        facts: factsFrom({ policies: { permissions: [everybody, deny] } }),
        finds: ['error service orders'],
        says: 'deny-kong',
      },
      'deny wins over allow among rules': {
        facts: factsFrom({
          policies: {
            permissions: [
              bySpiffe('allow', 'spiffe://default/kong'),
              bySpiffe('deny', 'spiffe://default/kong'),
            ],
          },
        }),
        finds: ['error service orders'],
      },
    },
    quiet: {
      'a more specific one allows': factsFrom({
        policies: {
          permissions: [
            policy('nobody', {
              from: [{ targetRef: { kind: 'Mesh' }, default: { action: 'Deny' } }],
            }),
            allow('orders', kongClient, { kind: 'MeshService', name: 'orders' }),
          ],
        },
      }),
      'a shadow': factsFrom({
        policies: {
          permissions: [
            policy('shadow', {
              from: [{ targetRef: kongClient, default: { action: 'AllowWithShadowDeny' } }],
            }),
          ],
        },
      }),
    },
  },
  {
    rule: permissionOldName,
    fires: {
      'permissions for the name of today alone': {
        facts: factsFrom({
          gateways: [{ service: 'kong-old' }],
          policies: {
            permissions: [
              allow('gateway', { kind: 'MeshSubset', tags: { 'kuma.io/service': 'kong-old' } }),
            ],
          },
        }),
        finds: ['error mesh default'],
        says: 'Allow kuma.io/service kong beside kong-old',
      },
    },
    quiet: {
      'no rename': factsFrom(),
      'both names': factsFrom({ gateways: [{ service: 'kong-old' }] }),
    },
  },
  {
    rule: externalWithoutEgress,
    fires: {
      'a mesh without mTLS': {
        facts: factsFrom({ ...linkedExternal, mesh: { mtls: false, zoneEgresses: 1 } }),
        finds: ['error MeshExternalService pay'],
        says: 'mTLS',
      },
      'no zone egress': {
        facts: factsFrom({ ...linkedExternal, mesh: { zoneEgresses: 0 } }),
        finds: ['error MeshExternalService pay'],
        says: 'a zone egress',
      },
    },
    quiet: {
      'both are there': factsFrom({ ...linkedExternal, mesh: { zoneEgresses: 1 } }),
      'nobody knows of zone egresses': factsFrom(linkedExternal),
      'no link leads to one': factsFrom({ mesh: { zoneEgresses: 0 } }),
    },
  },
];
