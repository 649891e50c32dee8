import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { attributeRefusal } from '../../../../daemon/targets/kong-dbless/attribute';
import { entity, plugin, route, service, state, target, upstream } from '../../plan/build';

const orders = service('orders');
const ordersRoute = route('orders', orders);
const billing = upstream('billing.up');
const alice = entity('consumers', 'alice');
const aliceKey = entity('keyauth_credentials', 'x of alice', { key: 'dummy-key-1' });
const bobKey = entity('keyauth_credentials', 'x of bob', { key: 'dummy-key-1' });
const limit = {
  ...plugin('rate-limiting', ordersRoute),
  id: '40b88a5c-6c8f-5d96-98aa-be1219eca165',
};
const duplicateTarget = {
  ...target('10.0.0.1:8080', billing),
  id: '343e8714-1c51-5f1b-a345-fe5adb677216',
};

const all = {
  ...state(
    orders,
    ordersRoute,
    billing,
    upstream('10.0.0.1'),
    service('bad two'),
    alice,
    aliceKey,
    bobKey,
    limit,
    duplicateTarget,
    route('users', orders),
    service('s2'),
  ),
  passthrough: { thingies: [{ name: 'x' }] },
};

describe('attributeRefusal, on what a real Kong said', () => {
  it.each<[string, Record<string, string>]>([
    [
      'dbless/config-bad-several',
      {
        'upstreams/billing.up': 'slots: value should be between 10 and 65536',
        'routes/users': 'protocols: unknown type: ftp',
      },
    ],
    [
      'dbless-seq/02-errors-flattened/04-bad-nested-route',
      {
        'routes/orders':
          'methods.1: invalid value: get; paths.1: should start with: / (fixed path) or ~/ (regex path); strip_path: expected a boolean',
      },
    ],
    [
      'dbless-seq/02-errors-flattened/12-duplicate-service-name',
      {
        'services/orders':
          "uniqueness violation: 'services' entity with name set to 'orders' already declared",
      },
    ],
    [
      'dbless-seq/02-errors-flattened/15-duplicate-target',
      {
        'targets/10.0.0.1:8080 of billing.up':
          "uniqueness violation: 'targets' entity with primary key set to '343e8714-1c51-5f1b-a345-fe5adb677216' already declared",
      },
    ],
    [
      'dbless-seq/02-errors-flattened/16-duplicate-plugin-on-route',
      {
        [`plugins/${limit.key}`]:
          "uniqueness violation: 'plugins' entity with primary key set to '40b88a5c-6c8f-5d96-98aa-be1219eca165' already declared",
      },
    ],
    [
      'dbless-seq/02-errors-flattened/17-duplicate-credential-key',
      {
        'keyauth_credentials/x of bob':
          "uniqueness violation: 'keyauth_credentials' entity with key set to 'dummy-key-1' already declared",
      },
    ],
  ])('%s', (file, expected) => {
    const { findings, unattributed } = attributeRefusal(bodyOf(file), all);

    const found = all.entities.flatMap(({ type, key, id }) => {
      const finding = findings.get(`${type}/${id}`);
      return finding ? [[`${type}/${key}`, finding.details['reason']]] : [];
    });
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(unattributed).toEqual([]);
  });

  it.each([
    ['by its name', { entity_name: 'f', entity: {} }, { label: 'filter_chain f', index: 1 }],
    ['by its id', { entity_id: 'id-2', entity: {} }, { label: 'filter_chain id-2', index: 0 }],
    [
      'by its content',
      { entity: { service: 'orders', filters: [] } },
      { label: 'filter_chain', index: 2 },
    ],
  ])('finds an item of a key that is only passed through: %s', (_name, named, expected) => {
    const passthrough = {
      filter_chains: [{ id: 'id-2' }, { name: 'f' }, { service: 'orders', filters: [] }],
    };
    const errors = [{ type: 'field', field: 'filters.1.name', message: 'no such filter: x' }];
    const body = { flattened_errors: [{ entity_type: 'filter_chain', errors, ...named }] };

    const { items, unattributed } = attributeRefusal(body, { ...all, passthrough });

    const reason = 'filters.1.name: no such filter: x';
    expect(items).toEqual([{ key: 'filter_chains', reason, ...expected }]);
    expect(unattributed).toEqual([]);
  });

  it('takes the whole key where no item can be told', () => {
    const errors = [{ type: 'field', field: 'filters', message: 'required field missing' }];
    const body = { flattened_errors: [{ entity_type: 'filter_chain', errors, entity: {} }] };

    const { keys } = attributeRefusal(body, { ...all, passthrough: { filter_chains: [{ x: 1 }] } });

    expect([...keys]).toEqual([['filter_chains', 'filters: required field missing']]);
  });

  it('finds the key that Kong does not know', () => {
    const { keys, findings } = attributeRefusal(
      bodyOf('dbless-seq/02-errors-flattened/07-unknown-entity-type'),
      all,
    );

    expect([...keys]).toEqual([['thingies', 'unknown field']]);
    expect(findings.size).toBe(0);
  });

  it.each([
    [
      'both lists empty',
      bodyOf('dbless-seq/06-dangling/05-route-service-by-id-flattened'),
      ['declarative config is invalid: {}'],
    ],
    [
      'a 500',
      bodyOf('dbless-seq/06-dangling/13-plugin-service-by-id-500-flattened'),
      ['An unexpected error occurred'],
    ],
    [
      'an entity that was not sent',
      { flattened_errors: [{ entity_type: 'service', entity_name: 'x', errors: [] }] },
      ['service x: no reason given'],
    ],
    ['HTML', '<html>', []],
  ])('names nobody where Kong does not: %s', (_name, body, expected) => {
    const { findings, unattributed } = attributeRefusal(body, all);

    expect(findings.size).toBe(0);
    expect(unattributed).toEqual(expected);
  });
});

function bodyOf(file: string): unknown {
  const path = join(__dirname, '../../../fixtures/kong', `${file}.json`);
  return JSON.parse(readFileSync(path, 'utf8')).response.body;
}
