import { modeChange } from '../../../../daemon/doctor/rules/mode-change';
import { notAsked } from '../../../../daemon/doctor/rules/not-asked';
import { passFinding } from '../../../../daemon/doctor/rules/pass-finding';
import { threeZero } from '../../../../daemon/doctor/rules/three-zero';
import {
  allow,
  factsFrom,
  gatewayProxy,
  kongClient,
  linkedWith,
  orders,
  outbound,
} from '../facts-from';
import type { RuleTable } from './table';

const failure = { code: 'KUMA_UNREACHABLE', message: 'Nobody answers.', remedy: 'Start it.' };
const tag = (name: string) => ({
  kind: 'LegacyService' as const,
  name,
  ports: [{ port: 80, tag: name, servedAt: { hostnames: [`${name}.mesh`], port: 80 } }],
});
const transparent = [{ transparentProxy: true, outbounds: [] }];
const byTag = linkedWith({ tags: ['mesh:orders.mesh'] });
const external = {
  kind: 'ExternalService' as const,
  name: 'orders',
  ports: [{ port: 443, tag: 'orders', servedAt: { hostnames: ['orders.mesh'], port: 80 } }],
};

export const generalTables: readonly RuleTable[] = [
  {
    rule: notAsked,
    fires: {
      'an outage': {
        facts: factsFrom({ more: { unasked: [{ part: 'mesh', failure, severity: 'error' }] } }),
        finds: ['error mesh'],
        says: 'Start it.',
      },
      'one outage met twice': {
        facts: factsFrom({
          more: {
            unasked: [
              { part: 'mesh', failure, severity: 'error' },
              { part: 'control plane', failure, severity: 'error' },
            ],
          },
        }),
        finds: ['error mesh'],
      },
    },
    quiet: { 'all answered': factsFrom() },
  },
  {
    rule: passFinding,
    fires: {
      'a link that leads nowhere': {
        facts: factsFrom({ kong: linkedWith({ tags: ['mesh:nowhere'] }) }),
        finds: ['error service orders'],
        says: 'LINK_UNKNOWN_SERVICE',
      },
    },
    quiet: {
      'no finding': factsFrom(),
      'one that has a rule of its own': factsFrom({ kong: linkedWith({ protocol: 'https' }) }),
    },
  },
  {
    rule: modeChange,
    fires: {
      'a tag without a MeshService': {
        facts: factsFrom({ gateways: transparent, services: [tag('orders')], kong: byTag }),
        finds: ['warning mesh default'],
        says: 'now orders.mesh:80; Exclusive nothing',
      },
      'an ExternalService': {
        facts: factsFrom({ gateways: transparent, services: [external], kong: byTag }),
        finds: ['warning mesh default'],
        says: 'MeshExternalService',
      },
      'a tag with one moves': {
        facts: factsFrom({
          gateways: transparent,
          services: [tag('orders'), orders],
          kong: byTag,
        }),
        finds: ['info mesh default'],
        says: 'now orders.mesh:80; Exclusive 241.0.0.1:8080; 3.0 241.0.0.1:8080',
      },
    },
    quiet: {
      'a MeshService stays where it is': factsFrom({ gateways: transparent }),
      'already 3.0': factsFrom({
        gateways: transparent,
        services: [tag('orders')],
        kong: byTag,
        mesh: { version: '3.0.0' },
      }),
    },
  },
  {
    rule: threeZero,
    fires: {
      'a permission that names the gateway': {
        facts: factsFrom({ policies: { permissions: [allow('kong', kongClient)] } }),
        finds: ['info mesh default'],
        says: 'permissions that name the gateway in `from`: kong',
      },
      'a policy for one Dataplane by name': {
        facts: factsFrom({
          policies: {
            permissions: [allow('one', { kind: 'Mesh' }, { kind: 'Dataplane', name: 'orders-1' })],
          },
        }),
        finds: ['info mesh default'],
        says: 'policies that select one Dataplane by name, and all of them in 3.0: one',
      },
      'an outbound of the user by tag': {
        facts: factsFrom({ gateways: [{ outbounds: [outbound('orders', 10001)] }] }),
        finds: ['info mesh default'],
        says: 'they lose their listener without a word: 127.0.0.1:10001 to kuma.io/service orders',
      },
      'a list of tags': {
        facts: factsFrom({ proxies: [gatewayProxy({ reachableServices: ['orders'] })] }),
        finds: ['info mesh default'],
      },
    },
    quiet: {
      'nothing of it': factsFrom(),
      'already 3.0': factsFrom({
        mesh: { version: '3.0.0' },
        policies: { permissions: [allow('kong', kongClient)] },
      }),
    },
  },
];
