import { formatResources } from '../../../daemon/migrate/format';
import { cutOverOf, type CutOver } from '../../../daemon/migrate/stages';
import { diagnose } from '../../../daemon/doctor/diagnose';
import { threeZero } from '../../../daemon/doctor/rules/three-zero';
import { blockersOf } from '../../../daemon/doctor/cut-over/blockers';
import { createView } from '../../../daemon/doctor/view';
import {
  allow,
  factsFrom,
  gatewayProxy,
  kongClient,
  policy,
  workload,
  type Case,
} from '../doctor/facts-from';

const labels = { 'kuma.io/workload': 'kong' };
const byLabels = {
  address: '127.0.0.1',
  port: 30000,
  target: {
    type: 'backendRef',
    kind: 'MeshService',
    labels: { 'kuma.io/display-name': 'orders' },
    port: 8080,
  },
} as const;
const id = 'spiffe://default.zone-a.mesh.local/workload/kong';
const ids = [id, 'spiffe://default/kong'];

/** All that can be done while 2.14 runs is done. */
const prepared: Case = {
  settings: { workload: 'kong' },
  gateways: [
    {
      ...{ delegated: false, plain: true, tags: {}, labels, service: undefined, zone: 'zone-a' },
      outbounds: [byLabels],
    },
  ],
  proxies: [
    workload('orders', { labels: { 'kuma.io/workload': 'orders' } }),
    gatewayProxy({ labels }),
  ],
  mesh: { mode: 'Exclusive', ownIdentities: true, identities: [] },
  policies: {
    permissions: [
      policy('by-id', {
        rules: [
          { default: { allow: ids.map((value) => ({ spiffeID: { type: 'Exact', value } })) } },
        ],
      }),
    ],
  },
};

function statuses({ stages }: CutOver): Readonly<Record<string, string>> {
  return Object.fromEntries(stages.map(({ stage, status }) => [stage, status]));
}

function codes({ stages }: CutOver): readonly string[] {
  return stages.flatMap(({ blockers }) => blockers.map(({ code }) => code));
}

it('names what stands in the way of a gateway of 2.x, in the order of the stages', () => {
  const cutOver = cutOverOf(
    factsFrom({
      settings: { workload: 'kong' },
      policies: {
        permissions: [allow('kong', kongClient)],
        retries: [policy('retry-all', { to: [{ targetRef: { kind: 'Mesh' }, default: {} }] })],
      },
    }),
  );

  expect(cutOver).toMatchObject({ ready: false, next: 'identity', version: '2.14.3' });
  expect(codes(cutOver)).toEqual([
    'gateway-workload',
    'backend-workload',
    'token',
    'services-mode',
    'outbound-by-tag',
    'mesh-identity',
    'mesh-policy',
    'gateway-block',
    'upgrade',
    'permission-by-from',
  ]);
});

it('has nothing left but the upgrade where all that 2.14 understands is done', () => {
  const cutOver = cutOverOf(factsFrom(prepared));

  expect(cutOver).toMatchObject({ ready: true, next: 'control-plane' });
  expect(codes(cutOver)).toEqual(['token', 'upgrade']);
});

it('is done once the control plane is one of 3.x', () => {
  const cutOver = cutOverOf(
    factsFrom({ ...prepared, mesh: { ...prepared.mesh, version: '3.0.1' } }),
  );

  expect(new Set(Object.values(statuses(cutOver)))).toEqual(new Set(['done']));
});

it('prints a permission for both identities where the tag alone is let in', () => {
  const cutOver = cutOverOf(
    factsFrom({ ...prepared, policies: { permissions: [allow('kong', kongClient)] } }),
  );

  expect(statuses(cutOver)).toMatchObject({ permissions: 'blocked' });
  for (const value of ids) expect(formatResources(cutOver)).toContain(`value: ${value}\n`);
});

it('prints the labelled twin of a policy for the whole mesh, until there is one', () => {
  const to = [{ targetRef: { kind: 'Mesh' }, default: { http: { numRetries: 5 } } }];
  const all = policy('retry-all', { targetRef: { kind: 'Mesh' }, to });
  const twin = policy('retry-kong', { targetRef: { kind: 'Dataplane', labels }, to });
  const withRetries = (retries: Case['policies'] & object) =>
    cutOverOf(factsFrom({ ...prepared, policies: { ...prepared.policies, ...retries } }));

  const without = withRetries({ retries: [all] });

  expect(statuses(without)).toMatchObject({ policies: 'blocked' });
  expect(without.ready).toBe(false);
  expect(formatResources(without)).toMatch(
    /type: MeshRetry[^]*kuma.io\/workload: kong[^]*numRetries: 5/,
  );
  expect(statuses(withRetries({ retries: [all, twin] }))).toMatchObject({ policies: 'done' });
});

it.each([
  ['an unknown version', { version: '4.1.0', zoneEgresses: 0 }, 'unknown-version'],
  ['a version before 2.14', { version: '2.11.2' }, 'too-old'],
  [
    'zones of another version',
    { version: '2.14.3', zones: [{ name: 'east', version: '3.0.0' }] },
    'half-upgraded',
  ],
])('says so of %s', (_, mesh, code) => {
  const cutOver = cutOverOf(factsFrom({ ...prepared, mesh: { ...prepared.mesh, ...mesh } }));

  expect(codes(cutOver)).toContain(code);
});

it('is never ready where a part of the mesh could not be asked', () => {
  const failure = { code: 'KUMA_TIMEOUT', message: 'No answer.', remedy: 'Try again.' };
  const unasked = [{ part: 'MeshRetry policies', severity: 'warning' as const, failure }];

  const cutOver = cutOverOf({ ...factsFrom(prepared), unasked });

  expect(cutOver).toMatchObject({ ready: false, unasked: [{ code: 'KUMA_TIMEOUT' }] });
});

it('lists what ends with 3.0 once, for KM702 and for migrate', () => {
  const facts = factsFrom({
    policies: {
      permissions: [allow('kong', kongClient)],
      loadBalancing: [policy('tagged', { targetRef: { kind: 'MeshSubset' }, to: [] })],
    },
  });
  const ending = blockersOf(createView(facts)).filter(({ kind }) => kind === 'ends');

  const [finding] = diagnose(facts, [threeZero]);

  expect(ending.map(({ code }) => code)).toEqual(['policy-by-tags', 'permission-by-from']);
  expect(finding?.evidence).toEqual(
    ending.map(({ what, names }) => `${what}: ${names.join(', ')}`),
  );
});
