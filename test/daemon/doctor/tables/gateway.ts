import { fileOwned } from '../../../../daemon/doctor/rules/file-owned';
import { gatewayAddress } from '../../../../daemon/doctor/rules/gateway-address';
import { gatewayMissing } from '../../../../daemon/doctor/rules/gateway-missing';
import { gatewayOffline } from '../../../../daemon/doctor/rules/gateway-offline';
import { identityShared } from '../../../../daemon/doctor/rules/identity-shared';
import { identityUnstable } from '../../../../daemon/doctor/rules/identity-unstable';
import { identityWrong } from '../../../../daemon/doctor/rules/identity-wrong';
import { notDelegated } from '../../../../daemon/doctor/rules/not-delegated';
import { outboundPortTwice } from '../../../../daemon/doctor/rules/outbound-port-twice';
import { proxyMisfit } from '../../../../daemon/doctor/rules/proxy-misfit';
import { tokenBeforeRename } from '../../../../daemon/doctor/rules/token-before-rename';
import { factsFrom, gatewayProxy, outbound, workload } from '../facts-from';
import type { RuleTable } from './table';

const onKubernetes = (service: string, name: string) => ({
  settings: { environment: 'kubernetes' as const, service },
  gateways: [
    {
      service,
      transparentProxy: true,
      tags: { 'kuma.io/service': service, 'k8s.kuma.io/service-name': name },
    },
  ],
});

export const gatewayTables: readonly RuleTable[] = [
  {
    rule: gatewayMissing,
    fires: {
      'a Dataplane by name that is not there': {
        facts: factsFrom({ gateways: [], settings: { dataplanes: ['kong-01', 'kong-02'] } }),
        finds: ['error gateway kong-01', 'error gateway kong-02'],
      },
      'a service that no gateway has': {
        facts: factsFrom({ gateways: [], settings: { dataplanes: [] } }),
        finds: ['error mesh default'],
        says: 'kuma.io/service kong',
      },
      'no gateway configured': {
        facts: {
          ...factsFrom({ gateways: [] }),
          settings: {
            mesh: 'default',
            environment: 'universal',
            dataplanes: [],
            owner: 'api',
            pluginName: 'mesh-upstream',
            version: '0.1.0',
          },
        },
        finds: ['info mesh default'],
      },
    },
    quiet: {
      'it is there': factsFrom(),
      'the mesh could not be asked': { ...factsFrom(), ...{ gateways: [], catalog: undefined! } },
    },
  },
  {
    rule: notDelegated,
    fires: {
      'a sidecar': {
        facts: factsFrom({ gateways: [{ delegated: false }] }),
        finds: ['error gateway kong-01'],
      },
    },
    quiet: { 'a delegated gateway': factsFrom() },
  },
  {
    rule: identityWrong,
    fires: {
      'another name': {
        facts: factsFrom({ gateways: [{ service: 'kong-old' }] }),
        finds: ['error gateway kong-01'],
        says: 'is kong-old in the mesh, and must be kong',
      },
      'no name, which the control plane accepts in silence': {
        facts: factsFrom({ gateways: [{ service: undefined, tags: {} }] }),
        finds: ['error gateway kong-01'],
        says: 'no kuma.io/service',
      },
      "the admin Service's name on Kubernetes": {
        facts: factsFrom({
          ...onKubernetes('kong-admin_kong_svc_8444', 'kong-admin'),
          settings: { environment: 'kubernetes', service: 'kong-proxy_kong_svc_80' },
        }),
        finds: ['error gateway kong-01'],
        says: 'kuma.io/ignore',
      },
    },
    quiet: {
      'the right name': factsFrom(),
      'any name, where none is asked for': {
        ...factsFrom({ gateways: [{ service: 'any' }] }),
        settings: { ...factsFrom().settings, service: undefined! },
      },
      'no tag in the form of 3.0': factsFrom({
        gateways: [{ service: undefined, delegated: false, plain: true }],
      }),
      'no tag from 3.0 on': factsFrom({
        gateways: [{ service: undefined, tags: {} }],
        mesh: { version: '3.0.0' },
      }),
    },
  },
  {
    rule: identityUnstable,
    fires: {
      'a file that says something else, as recorded': {
        facts: factsFrom({
          gateways: [{ service: 'kong-new' }],
          proxies: [gatewayProxy({ proxy: { online: true, file: { service: 'kong' } } })],
        }),
        finds: ['error gateway kong-01'],
        says: 'will be kong again',
      },
      'gateways with different names': {
        facts: factsFrom({ gateways: [{}, { name: 'kong-02', service: 'kong-b' }] }),
        finds: ['error mesh default'],
        says: 'kong, kong-b',
      },
      "the Service of Kong's admin API": {
        facts: factsFrom(onKubernetes('kong-admin_kong_svc_8444', 'kong-admin')),
        finds: ['warning gateway kong-01'],
      },
      'the Service of a webhook, known by the tag alone': {
        facts: factsFrom({
          ...onKubernetes('kong-validation-webhook_kong_svc_443', ''),
          gateways: [{ service: 'kong-validation-webhook_kong_svc_443' }],
        }),
        finds: ['warning gateway kong-01'],
      },
      'a generated name': {
        facts: factsFrom(
          onKubernetes(
            'dataplane-ingress-gw-x7k2p-q9r4t_kong_svc_80',
            'dataplane-ingress-gw-x7k2p-q9r4t',
          ),
        ),
        finds: ['warning gateway kong-01'],
        says: 'looks generated',
      },
    },
    quiet: {
      'one name from the API': factsFrom(),
      'a file that says the same': factsFrom({
        proxies: [gatewayProxy({ proxy: { online: true, file: { service: 'kong' } } })],
      }),
      "Kong's proxy Service": factsFrom(onKubernetes('kong-proxy_kong_svc_80', 'kong-proxy')),
    },
  },
  {
    rule: identityShared,
    fires: {
      'a workload with the same name': {
        facts: factsFrom({ proxies: [workload('kong')] }),
        finds: ['warning gateway kong-01'],
        says: 'kong-1: a workload',
      },
      'a gateway that is not listed': {
        facts: factsFrom({ proxies: [gatewayProxy({ name: 'controller' })] }),
        finds: ['warning gateway kong-01'],
        says: 'gateway.dataplane',
      },
    },
    quiet: {
      'nobody else': factsFrom(),
      'several that are all ours': factsFrom({
        gateways: [{}, { name: 'kong-02' }],
        settings: { dataplanes: ['kong-01', 'kong-02'] },
      }),
    },
  },
  {
    rule: gatewayOffline,
    fires: {
      'a lost connection': {
        facts: factsFrom({ proxies: [gatewayProxy({ proxy: { online: false } })] }),
        finds: ['error gateway kong-01'],
        says: 'has lost its connection',
      },
      'none ever': {
        facts: factsFrom({ proxies: [gatewayProxy({ proxy: undefined! })] }),
        finds: ['error gateway kong-01'],
        says: 'No sidecar ever connected',
      },
    },
    quiet: {
      connected: factsFrom(),
      'Dataplanes that could not be asked for': { ...factsFrom(), proxies: undefined! },
    },
  },
  {
    rule: fileOwned,
    fires: {
      'no file, though the daemon writes one': {
        facts: factsFrom({ settings: { owner: 'file' } }),
        finds: ['warning gateway kong-01'],
        says: 'gateway.owner: api',
      },
      'a file': {
        facts: factsFrom({ proxies: [gatewayProxy({ proxy: { online: true, file: {} } })] }),
        finds: ['warning gateway kong-01'],
      },
    },
    quiet: {
      'the API': factsFrom(),
      'the file that the daemon writes': factsFrom({
        settings: { owner: 'file' },
        proxies: [gatewayProxy({ proxy: { online: true, file: {} } })],
      }),
      Kubernetes: factsFrom({
        settings: { environment: 'kubernetes' },
        proxies: [gatewayProxy({ proxy: { online: true, file: {} } })],
      }),
    },
  },
  {
    rule: proxyMisfit,
    fires: {
      'an Envoy of another line': {
        facts: factsFrom({
          proxies: [
            gatewayProxy({ proxy: { online: true, misfit: 'Envoy 1.30 with kuma-dp 2.14' } }),
          ],
        }),
        finds: ['warning gateway kong-01'],
        says: 'Envoy 1.30',
      },
    },
    quiet: { 'versions that fit': factsFrom() },
  },
  {
    rule: tokenBeforeRename,
    fires: {
      'a rename to come': {
        facts: factsFrom({ gateways: [{ service: 'kong-old' }] }),
        finds: ['info gateway kong-01'],
      },
      'another workload to come': {
        facts: factsFrom({
          settings: { workload: 'edge' },
          gateways: [{ labels: { 'kuma.io/workload': 'kong' } }],
        }),
        finds: ['info gateway kong-01'],
        says: 'a token for name kong-01 and workload edge',
      },
    },
    quiet: {
      'no rename': factsFrom(),
      'the workload as it is': factsFrom({
        settings: { workload: 'kong' },
        gateways: [{ labels: { 'kuma.io/workload': 'kong' } }],
      }),
      Kubernetes: factsFrom({
        settings: { environment: 'kubernetes' },
        gateways: [{ service: 'kong-old' }],
      }),
    },
  },
  {
    rule: outboundPortTwice,
    fires: {
      'two services at one port': {
        facts: factsFrom({
          gateways: [{ outbounds: [outbound('orders', 30000), outbound('web', 30000)] }],
        }),
        finds: ['error gateway kong-01'],
        says: '127.0.0.1:30000',
      },
    },
    quiet: {
      'one port on two addresses': factsFrom({
        gateways: [
          {
            outbounds: [
              outbound('orders', 30000),
              { ...outbound('web', 30000), address: '127.0.0.2' },
            ],
          },
        ],
      }),
    },
  },
  {
    rule: gatewayAddress,
    fires: {
      'every address of the machine': {
        facts: factsFrom({ gateways: [{ address: '0.0.0.0' }] }),
        finds: ['error gateway kong-01'],
        says: '0.0.0.0',
      },
      'every IPv6 address': {
        facts: factsFrom({ gateways: [{ address: '::' }] }),
        finds: ['error gateway kong-01'],
      },
    },
    quiet: { 'an address of its own': factsFrom({ gateways: [{ address: '10.0.0.0' }] }) },
  },
];
