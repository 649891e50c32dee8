import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseKongConfig } from '../../../../daemon/kong/parse';
import type { KongState } from '../../../../daemon/kong/model';
import { diff } from '../../../../daemon/plan/diff';
import { FieldSchema, fillFields } from '../../../../daemon/targets/kong-http/fill-defaults';

const fixtures = join(__dirname, '../../../fixtures/kong');

describe('fillFields, by the schemas of a real Kong', () => {
  it('makes of what was sent what Kong gave back', () => {
    const sent = recorded('dbless/config-post-text').request.body.config;
    const given = recorded('dbless/config-get').response.body.config;

    const plan = diff(filled(parse(given)), filled(parse(sent)));

    // Kong makes up a new id for a key-auth credential that brings none: nothing else may differ.
    expect(plan.changes.filter((change) => change.op === 'update')).toEqual([]);
    expect(new Set(plan.changes.map((change) => typeOf(change)))).toEqual(
      new Set(['keyauth_credentials']),
    );
  });

  it('changes nothing more the second time', () => {
    const once = filled(parse(recorded('dbless/config-post-text').request.body.config));

    expect(filled(once)).toEqual(once);
  });

  it.each([
    ['unset fields go', 'services', { name: 'a', path: null }, { path: undefined }],
    ['an empty set is none', 'services', { tags: [] }, { tags: undefined }],
    [
      'sets are sorted and have each item once',
      'services',
      { tags: ['b', 'a', 'b'] },
      { tags: ['a', 'b'] },
    ],
    ['lists keep their order', 'routes', { paths: ['/b', '/a'] }, { paths: ['/b', '/a'] }],
    [
      'times tell nothing',
      'services',
      { created_at: 1, updated_at: 2 },
      { created_at: undefined, updated_at: undefined },
    ],
    ['what the schema does not know stays', 'services', { surprise: 1 }, { surprise: 1 }],
    ['defaults are filled', 'services', {}, { port: 80, retries: 5, protocol: 'http' }],
    [
      'nested defaults are filled around what is given',
      'upstreams',
      { healthchecks: { active: { timeout: 9 } } },
      { healthchecks: { active: expect.objectContaining({ timeout: 9, concurrency: 10 }) } },
    ],
  ])('%s', (_name, type, fields, expected) => {
    const result = fillFields(fields, [schemaOf(type)]);

    for (const [name, value] of Object.entries(expected)) {
      if (typeof value === 'object' && !Array.isArray(value))
        expect(result[name]).toMatchObject(value);
      else expect(result[name]).toEqual(value);
    }
  });

  it.each([
    ['alone', { redis_host: 'old' }, 'old'],
    ['beside the new name', { redis_host: 'old', redis: { host: 'new' } }, 'new'],
    ['unset', { redis_host: null }, undefined],
  ])('moves a value from a deprecated name: %s', (_name, config, host) => {
    const schemas = [schemaOf('plugins'), schemaOf('plugin-rate-limiting')];

    const result = fillFields({ name: 'rate-limiting', config }, schemas) as any;

    expect(result.config.redis.host).toBe(host);
    expect(result.config).not.toHaveProperty('redis_host');
  });

  it('does without a schema', () => {
    const result = fillFields({ key: 'k', tags: ['b', 'a'], ttl: null, created_at: 1 }, []);

    expect(result).toEqual({ key: 'k', tags: ['a', 'b'] });
  });
});

function filled(state: KongState): KongState {
  const entities = state.entities.map((entity) => {
    const names =
      entity.type === 'plugins'
        ? ['plugins', `plugin-${entity.fields['name'] as string}`]
        : [entity.type];
    const schemas = names.filter((name) => name !== 'keyauth_credentials').map(schemaOf);
    return { ...entity, fields: fillFields(entity.fields, schemas) };
  });
  return { ...state, entities };
}

const known = new Map<string, FieldSchema>();

function schemaOf(name: string): FieldSchema {
  const schema = known.get(name) ?? FieldSchema.parse(recorded(`schemas/${name}`).response.body);
  known.set(name, schema);
  return schema;
}

function parse(text: string): KongState {
  return parseKongConfig([{ path: 'recorded', text }], { env: {} }).state;
}

function recorded(name: string): any {
  return JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'));
}

function typeOf(change: ReturnType<typeof diff>['changes'][number]): string {
  return change.op === 'delete' ? change.previous.type : change.next.type;
}
