import { defineErrors } from '../../../catalog/error';
import { diff } from '../../../daemon/plan/diff';
import { formatPlan, planToJson } from '../../../daemon/plan/format';
import type { Entity } from '../../../daemon/kong/model';
import { entity, plugin, route, service, state, target, upstream } from './build';

const blue = upstream('blue');
const orders = service('orders');

describe('formatPlan', () => {
  it('says that there is nothing in decK’s words', () => {
    const text = formatPlan(diff(state(), state()));

    expect(text).toBe('Summary:\n  Created: 0\n  Updated: 0\n  Deleted: 0\n');
  });

  it('speaks of each change in decK’s words', () => {
    const alice = entity('consumers', 'alice');
    const current = state(blue, target('10.0.0.1:8080', blue), service('old', { port: 80 }));
    const desired = state(
      blue,
      orders,
      service('old', { port: 81 }),
      route('orders', orders),
      plugin('cors'),
      plugin('key-auth', orders),
      alice,
      entity('acls', 'x', { group: 'gold' }, { references: { consumer: alice } }),
    );

    const text = formatPlan(diff(current, desired), { states: [current, desired] });

    expect(text).toBe(
      [
        'creating consumer alice',
        'updating service old  {',
        '   "host": "old.mesh",',
        `   "id": "${service('old').id}",`,
        '   "name": "old",',
        '-  "port": 80,',
        '+  "port": 81,',
        ' }',
        '',
        'creating service orders',
        'creating acl-group gold for consumer alice',
        'creating route orders',
        'creating plugin cors (global)',
        'creating plugin key-auth for service orders',
        'deleting target 10.0.0.1:8080 for upstream blue',
        'Summary:',
        '  Created: 6',
        '  Updated: 1',
        '  Deleted: 1',
        '',
      ].join('\n'),
    );
  });

  it('names what it cannot look up by its id, as decK does', () => {
    const plan = diff(state(target('10.0.0.1:80', blue)), state());

    expect(formatPlan(plan)).toContain(`deleting target 10.0.0.1:80 for upstream ${blue.id}\n`);
  });

  it('enters records and shows lists whole', () => {
    const before = plugin('x', undefined, { config: { a: [1], deep: { b: 1, c: 2 } } });
    const after = plugin('x', undefined, { config: { a: [1, 2], deep: { c: 2 } } });

    const text = formatPlan(diff(state(before), state(after)));

    expect(text).toContain(
      [
        '   "config": {',
        '-    "a": [',
        '-      1',
        '-    ],',
        '+    "a": [',
        '+      1,',
        '+      2',
        '+    ],',
        '     "deep": {',
        '-      "b": 1,',
        '       "c": 2,',
        '     },',
        '   },',
      ].join('\n'),
    );
  });

  it('leaves colours to whoever has a terminal', () => {
    const paint = {
      green: (text: string) => `<g>${text}</g>`,
      yellow: (text: string) => `<y>${text}</y>`,
      red: (text: string) => `<r>${text}</r>`,
    };
    const current = state(service('gone'), service('changed', { port: 1 }));
    const desired = state(service('new'), service('changed', { port: 2 }));

    const text = formatPlan(diff(current, desired), { paint });

    expect(text).toContain('<g>creating service new</g>\n');
    expect(text).toContain('<y>updating service changed</y>  {\n');
    expect(text).toContain('<r>-  "port": 1,</r>\n<g>+  "port": 2,</g>\n');
    expect(text).toContain('<r>deleting service gone</r>\n');
  });
});

describe('masking', () => {
  const fromEnv = (value: string): Entity =>
    entity('services', 'orders', { path: value, tls: { sni: 'x' } }, { secrets: [['path']] });
  const read = (value: string): Entity => entity('services', 'orders', { path: value });
  const keyAuth = (key: string, id?: string) =>
    entity('keyauth_credentials', 'alice', { key }, id ? { id } : {});
  const redis = (password: string) =>
    plugin('rate-limiting', undefined, { config: { redis: { password, host: 'r' } } });

  it.each<[string, readonly Entity[], readonly Entity[]]>([
    ['what came from the environment', [], [fromEnv('/s3cr3t')]],
    ['what it replaces on the gateway', [read('/s3cr3t')], [fromEnv('/other')]],
    ['what it is replaced by', [fromEnv('/other')], [read('/s3cr3t')]],
    [
      'the same value elsewhere',
      [entity('routes', 'r', { paths: ['/s3cr3t'] })],
      [fromEnv('/s3cr3t')],
    ],
    ['credentials that come', [], [keyAuth('s3cr3t')]],
    ['credentials that go', [keyAuth('s3cr3t')], []],
    ['credentials that change', [keyAuth('s3cr3t')], [keyAuth('s3cr3t-2')]],
    ['secrets of plugins', [redis('s3cr3t')], [redis('s3cr3t-2')]],
  ])('never shows %s', (_name, current, desired) => {
    const plan = diff(state(...current), state(...desired));

    expect(plan.changes.length).toBeGreaterThan(0);
    expect(formatPlan(plan)).not.toContain('s3cr3t');
    expect(JSON.stringify(planToJson(plan))).not.toContain('s3cr3t');
  });

  it('hides what it is told of, also inside of a text, but short ones only as a whole', () => {
    const fields = { a: 'x-key:from-env', b: 'from-env', c: '8090', d: 'h:8090' };
    const gone = diff(state(entity('services', 's', fields)), state());

    const json = planToJson(gone, [], { secrets: ['from-env', '8090'] });

    expect(json.changes.deleting[0]?.body.old).toMatchObject({
      a: '[masked]',
      b: '[masked]',
      c: '[masked]',
      d: 'h:8090',
    });
  });

  it('hides credentials in URLs and headers of plugins', () => {
    const config = {
      url: 'http://me:s3cr3t@log/x',
      headers: { Authorization: 's3cr3t', 'X-Api-Key': 's3cr3t' },
    };
    const plan = diff(state(), state(entity('plugins', 'http-log', { config })));

    const json = planToJson(plan);

    expect(json.changes.creating[0]?.body.new).toMatchObject({
      config: {
        url: 'http://[masked]@log/x',
        headers: { Authorization: '[masked]', 'X-Api-Key': '[masked]' },
      },
    });
  });

  it('shows that a masked value in a list changes', () => {
    const headers = (value: string) =>
      plugin('request-transformer', undefined, {
        config: { add: { headers: [`Authorization:${value}`, 'x:y'] } },
      });

    const text = formatPlan(diff(state(headers('s3cr3t')), state(headers('s3cr3t-2'))));

    expect(text).toMatch(/-\s+"\[masked\]"/);
    expect(text).toMatch(/\+\s+"\[masked\] another value"/);
    expect(text).not.toContain('s3cr3t');
  });

  it('shows that Lua source and a token in an address change, and neither of them', () => {
    const lua = (source: string) =>
      plugin('pre-function', undefined, { config: { access: [source] } });
    const log = (token: string) =>
      plugin('http-log', undefined, { config: { http_endpoint: `https://log/x?t=${token}` } });

    const text = formatPlan(
      diff(state(lua('local s3cr3t'), log('s3cr3t')), state(lua('s3cr3t-2'), log('s3cr3t-2'))),
    );

    expect(text).toMatch(/\+\s+"\[masked\] another value"/);
    expect(text).toContain('+  "http_endpoint": "https://log/x?t=[masked] another value"'.slice(3));
    expect(text).not.toContain('s3cr3t');
  });

  it('shows that a masked value changes', () => {
    const text = formatPlan(diff(state(read('/a')), state(fromEnv('/b'))));

    expect(text).toContain('-  "path": "[masked]",\n+  "path": "[masked] another value",\n');
  });
});

describe('planToJson', () => {
  const errors = defineErrors({
    BAD: { message: 'It is bad.', remedy: 'Mend it.' },
    ODD: { message: 'It is odd.', remedy: 'Look.', severity: 'warning' },
  });

  it('has decK’s shape', () => {
    const current = state(service('old'), service('changed', { port: 1 }));
    const desired = state(orders, service('changed', { port: 2 }));
    const failures = [
      errors.failure('BAD', {}, { entity: 'route x', place: { file: 'kong.yml', line: 3 } }),
      errors.failure('ODD'),
    ];

    const json = planToJson(diff(current, desired), failures);

    const changed = { id: service('changed').id, name: 'changed', host: 'changed.mesh' };
    expect(json).toEqual({
      changes: {
        creating: [
          {
            name: 'orders',
            kind: 'service',
            body: { new: { id: orders.id, name: 'orders', host: 'orders.mesh' }, old: null },
          },
        ],
        updating: [
          {
            name: 'changed',
            kind: 'service',
            body: { new: { ...changed, port: 2 }, old: { ...changed, port: 1 } },
          },
        ],
        deleting: [
          {
            name: 'old',
            kind: 'service',
            body: { new: null, old: { id: service('old').id, name: 'old', host: 'old.mesh' } },
          },
        ],
      },
      summary: { creating: 1, updating: 1, deleting: 1, total: 3 },
      warnings: ['ODD: It is odd.'],
      errors: ['BAD: route x: It is bad. (kong.yml:3)'],
    });
  });
});
