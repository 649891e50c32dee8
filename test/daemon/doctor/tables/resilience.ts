import { healthChecksFight } from '../../../../daemon/doctor/rules/health-checks-fight';
import { retriesMultiply } from '../../../../daemon/doctor/rules/retries-multiply';
import { streamIdle } from '../../../../daemon/doctor/rules/stream-idle';
import { timeoutOrder } from '../../../../daemon/doctor/rules/timeout-order';
import { timeoutShadowed } from '../../../../daemon/doctor/rules/timeout-shadowed';
import { factsFrom, linkedWith, policy } from '../facts-from';
import type { RuleTable } from './table';

const to = (name: string, conf: object, more: object = {}) =>
  policy(name, { to: [{ targetRef: { kind: 'Mesh' }, default: conf }], ...more });
const retry = to('mesh-retry-all-default', { http: { numRetries: 5 } });
const requestTimeout = (time: string) => to('slow', { http: { requestTimeout: time } });
/** As every mesh has it. */
const gatewayDefault = to(
  'mesh-gateways-timeout-all-default',
  { idleTimeout: '1h0m0s', http: { streamIdleTimeout: '5s' } },
  { targetRef: { kind: 'Mesh', proxyTypes: ['Gateway'] } },
);
const pool = (target: string, healthchecks: object) => ({
  upstreams: [{ name: 'pool', targets: [{ target }], healthchecks }],
});
const active = { active: { healthy: { interval: 5 } } };

export const resilienceTables: readonly RuleTable[] = [
  {
    rule: retriesMultiply,
    fires: {
      'both retry': {
        facts: factsFrom({ kong: linkedWith({ retries: 5 }), policies: { retries: [retry] } }),
        finds: ['warning service orders'],
        says: 'one request may become 36',
      },
    },
    quiet: {
      'Kong leaves it to the mesh, as links make it': factsFrom({ policies: { retries: [retry] } }),
      'the mesh does not retry': factsFrom({ kong: linkedWith({ retries: 5 }) }),
      'policies that could not be asked for': {
        ...factsFrom({ kong: linkedWith({ retries: 5 }) }),
        policies: {},
      },
      'a policy for sidecars only': factsFrom({
        kong: linkedWith({ retries: 5 }),
        policies: {
          retries: [
            to(
              'sidecars',
              { http: { numRetries: 5 } },
              {
                targetRef: { kind: 'Mesh', proxyTypes: ['Sidecar'] },
              },
            ),
          ],
        },
      }),
    },
  },
  {
    rule: timeoutOrder,
    fires: {
      'Kong waits less than the 15 s of the mesh': {
        facts: factsFrom({ kong: linkedWith({ read_timeout: 10_000 }) }),
        finds: ['warning service orders'],
        says: 'Kong waits 10 s for an answer, the mesh 15 s',
      },
      'the mesh waits longer than Kong': {
        facts: factsFrom({ policies: { timeouts: [requestTimeout('2m0s')] } }),
        finds: ['warning service orders'],
      },
    },
    quiet: {
      defaults: factsFrom(),
      'no limit in the mesh': factsFrom({ policies: { timeouts: [requestTimeout('0s')] } }),
    },
  },
  {
    rule: timeoutShadowed,
    fires: {
      'somebody lets Kong wait for minutes': {
        facts: factsFrom({ kong: linkedWith({ read_timeout: 300_000 }) }),
        finds: ['warning service orders'],
        says: 'the mesh ends requests after 15 s',
      },
    },
    quiet: {
      "Kong's own default": factsFrom(),
      'raised in both': factsFrom({
        kong: linkedWith({ read_timeout: 300_000 }),
        policies: { timeouts: [requestTimeout('5m')] },
      }),
    },
  },
  {
    rule: streamIdle,
    fires: {
      'the default policy for gateways': {
        facts: factsFrom({ policies: { timeouts: [gatewayDefault] } }),
        finds: ['warning mesh default'],
        says: 'after 5 s without a byte',
      },
    },
    quiet: {
      'no such policy': factsFrom(),
      'one for this gateway over it': factsFrom({
        policies: {
          timeouts: [
            gatewayDefault,
            to(
              'kong',
              { http: { streamIdleTimeout: '30s' } },
              { targetRef: { kind: 'Dataplane' } },
            ),
          ],
        },
      }),
    },
  },
  {
    rule: healthChecksFight,
    fires: {
      'active checks of an outbound': {
        facts: factsFrom({ kong: pool('127.0.0.1:30000', active) }),
        finds: ['warning upstream pool'],
        says: 'the only target',
      },
      'passive checks of a VIP': {
        facts: factsFrom({
          kong: pool('241.0.0.1:8080', { passive: { unhealthy: { http_failures: 3 } } }),
        }),
        finds: ['warning upstream pool'],
        says: 'MeshService orders',
      },
    },
    quiet: {
      'no checks': factsFrom({ kong: pool('127.0.0.1:30000', {}) }),
      'targets outside of the mesh': factsFrom({ kong: pool('crm.internal:80', active) }),
    },
  },
];
