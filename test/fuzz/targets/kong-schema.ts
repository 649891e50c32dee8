/** The schemas that Kong gives of itself, and entities filled by them. */
import type { Entity, JsonObject } from '../../../daemon/kong/model';
import { canonicalEntity } from '../../../daemon/targets/kong-http/canonical-entity';
import { createSchemaStore } from '../../../daemon/targets/kong-http/schemas';
import type { KongClient } from '../../../daemon/targets/kong-http/client';
import { mutateJson, type Json } from '../engine/mutate-json';
import { onlyMeshdErrors } from '../invariants';
import { filesBelow, lazily, recordedAnswer } from '../seeds';
import { must, pure, type Target } from '../target';

interface Scenario {
  readonly schema: Json;
  readonly fields: Json;
}

export const kongSchema: Target = {
  name: 'kong-schema',
  weight: 10,
  form: 'json',
  generate(random) {
    const scenario: Scenario = {
      schema: mutateJson(random.pick(schemas()), random, schemas()),
      fields: random.chance(0.7)
        ? mutateJson(random.pick(values), random, values)
        : random.pick(values),
    };
    return Buffer.from(JSON.stringify(scenario));
  },
  open: pure(async (input) => {
    const { schema, fields } = JSON.parse(input.toString('utf8')) as Scenario;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return false;
    const client: KongClient = {
      url: 'http://127.0.0.1:8001',
      request: () => Promise.resolve({ status: 200, data: schema, version: '3.9.1' }),
      close: () => undefined,
    };
    const entity = entityOf(fields);
    const filled = await onlyMeshdErrors(async () => {
      const store = createSchemaStore(client);
      const state = { entities: [entity], passthrough: {}, selectTags: [] };
      const known = await store.schemasFor(state, new AbortController().signal);
      const once = canonicalEntity(entity, known);
      return { once, twice: canonicalEntity(once, known) };
    });
    if (!filled.ok) return false;
    const { once, twice } = filled.value;
    must(isJson(once), 'what is filled in is no JSON');
    must(JSON.stringify(once) === JSON.stringify(twice), 'filling in twice gives something else');
    return true;
  }),
};

/** No function, and nothing that a prototype has. */
function isJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return typeof value !== 'function' && value !== undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === Array.prototype;
  return plain && Object.values(value).every(isJson);
}

function entityOf(fields: Json): Entity {
  const id = '11111111-1111-4111-8111-111111111111';
  const base = {
    type: 'services',
    key: 'x',
    id,
    owner: 'user',
    references: {},
    secrets: [],
  } as const;
  return { ...base, fields: fields as JsonObject };
}

const values: readonly Json[] = [
  { name: 'orders', host: 'orders.mesh', port: 80, tags: ['b', 'a', 'b'] },
  {
    name: 'cors',
    config: { origins: ['*'], methods: ['GET'], headers: null, max_age: 3600 },
    protocols: ['https', 'http'],
  },
  { name: 'rate-limiting', config: { minute: 5, redis_host: 'r', redis: { port: 1 } } },
  {
    name: 'r',
    paths: ['/'],
    headers: { 'x-a': ['1'] },
    destinations: [{ ip: '10.0.0.0/8', port: 1 }],
  },
  { name: 'up', healthchecks: { active: { healthy: { interval: 5 } } } },
];

const schemas = lazily((): readonly Json[] =>
  filesBelow('test/fixtures/kong/schemas', /\.json$/).map((path) => recordedAnswer(path).body),
);
