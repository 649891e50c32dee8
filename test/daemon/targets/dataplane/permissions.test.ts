import { judgeRename, type Permissions } from '../../../../daemon/targets/dataplane/permissions';
import { planRename } from '../../../../daemon/targets/dataplane/rename';

const caller = (service: string) => ({ mesh: 'default', service, tags: { region: 'eu' } });

function from(name: string, targetRef: object, action = 'Allow', on: object = { kind: 'Mesh' }) {
  return { name, spec: { targetRef: on, from: [{ targetRef, default: { action } }] } };
}

function rule(name: string, key: 'allow' | 'deny', type: string, value: string) {
  return { name, spec: { rules: [{ default: { [key]: [{ spiffeID: { type, value } }] } }] } };
}

const named = (service: string) => ({ kind: 'MeshService', name: service });
const tagged = (service: string) => ({
  kind: 'MeshSubset',
  tags: { 'kuma.io/service': service },
});
const orders = { kind: 'MeshService', name: 'orders' };

const cases: [string, readonly object[], string, readonly string[]][] = [
  ['no policies at all', [], 'allowed', []],
  ['everybody', [from('all', { kind: 'Mesh' })], 'allowed', []],
  ['both by name', [from('a', named('kong')), from('b', named('edge'))], 'allowed', []],
  ['the old one only', [from('a', named('kong'))], 'missing', ['a']],
  ['the old one only, by tag', [from('a', tagged('kong'))], 'missing', ['a']],
  [
    'the new one at some services only',
    [from('a', named('kong')), from('b', named('edge'), 'Allow', orders)],
    'narrowed',
    ['a'],
  ],
  [
    'the old one at one service, the new one everywhere',
    [from('a', named('kong'), 'Allow', orders), from('b', named('edge'))],
    'allowed',
    [],
  ],
  [
    'the new one denied',
    [from('all', { kind: 'Mesh' }), from('no', named('edge'), 'Deny', orders)],
    'narrowed',
    ['no'],
  ],
  ['by another tag', [from('a', { kind: 'MeshSubset', tags: { region: 'eu' } })], 'allowed', []],
  ['by SPIFFE id, both', [rule('a', 'allow', 'Prefix', 'spiffe://default/')], 'allowed', []],
  [
    'by SPIFFE id, the old one',
    [rule('a', 'allow', 'Exact', 'spiffe://default/kong')],
    'missing',
    ['a'],
  ],
  [
    'by SPIFFE id of another trust domain',
    [rule('a', 'allow', 'Exact', 'spiffe://td.mesh.local/ns/x/sa/edge')],
    'unknown',
    [],
  ],
  ['by another kind', [from('a', { kind: 'Dataplane', name: 'x' })], 'unknown', []],
];

test.each(cases)('%s', (_name, policies, state, against) => {
  const permissions = { enforced: true, complete: true, policies } as unknown as Permissions;

  const verdict = judgeRename(permissions, caller('kong'), caller('edge'));

  expect(verdict).toEqual({ state, policies: against });
});

test('a list that could not be read as a whole proves nothing', () => {
  const permissions = {
    enforced: true,
    complete: false,
    policies: [from('a', named('other'))],
  } as unknown as Permissions;

  expect(judgeRename(permissions, caller('kong'), caller('edge')).state).toBe('unknown');
});

test('without mTLS every name will do', () => {
  const permissions = {
    enforced: false,
    complete: true,
    policies: [from('a', named('kong'))],
  } as unknown as Permissions;

  expect(judgeRename(permissions, caller('kong'), caller('edge')).state).toBe('allowed');
});

test('the stages of a rename say what is the user’s to do', () => {
  const permissions = {
    enforced: true,
    complete: true,
    policies: [from('allow-kong', named('kong'))],
  } as unknown as Permissions;

  const plan = planRename({
    dataplane: 'kong-01',
    mesh: 'default',
    from: 'kong',
    to: 'edge',
    tags: {},
    permissions,
  });

  expect(plan.ready).toBe(false);
  expect(plan.stages.map(({ stage, status }) => `${stage} ${status}`)).toEqual([
    'permission blocked',
    'token check',
    'tag due',
    'connections check',
  ]);
  expect(plan.stages[0]?.remedy).toBe('Allow both names in allow-kong until the rename is over.');
});
