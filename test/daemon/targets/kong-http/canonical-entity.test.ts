import { isEntityType } from '../../../../daemon/kong/kinds';
import type { Entity, EntityType, JsonObject, KongState } from '../../../../daemon/kong/model';
import { parseKongConfig } from '../../../../daemon/kong/parse';
import { canonicalEntity } from '../../../../daemon/targets/kong-http/canonical-entity';
import { FieldSchema } from '../../../../daemon/targets/kong-http/fill-defaults';
import type { KongSchemas } from '../../../../daemon/targets/kong-http/schemas';
import { entityOfBody } from '../../kong/admin-entity';
import { exchangesOf, recordedSchemas } from '../../kong/recorded';

const recordedBodies = recordedSchemas();
const schemas: KongSchemas = {
  entities: new Map(parsed(recordedBodies.entities).filter(([name]) => isEntityType(name)) as any),
  plugins: new Map(parsed(recordedBodies.plugins)),
};

function parsed(bodies: object): [string, FieldSchema][] {
  return Object.entries(bodies).map(([name, body]) => [name, FieldSchema.parse(body)]);
}

function entity(type: EntityType, body: JsonObject): Entity {
  const found = entityOfBody(type, body);
  if (!found) throw new Error('no identity');
  return found;
}

function canonical(state: KongState): KongState {
  return { ...state, entities: state.entities.map((each) => canonicalEntity(each, schemas)) };
}

const uuidAtEnd = /^\/(\w+)\/[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Whole entities written by id or without a name, and what Kong made of them. */
const written = [
  ...['02-services', '03-routes', '04-upstreams-targets', '06-plugins', '07-consumers'],
  '12-derived-fields',
]
  .flatMap((folder) => exchangesOf(`db-seq/${folder}`))
  .flatMap((recorded) => {
    const { request, response } = recorded;
    const target = /^\/upstreams\/[^/]+\/targets$/.test(request.path) ? 'targets' : undefined;
    const put = request.method === 'PUT' ? uuidAtEnd.exec(request.path)?.[1] : undefined;
    const post =
      request.method === 'POST' ? (target ?? /^\/(\w+)$/.exec(request.path)?.[1]) : undefined;
    const type = put ?? post ?? '';
    const { body } = request;
    const isSparse = body !== null && typeof body === 'object' && !('url' in body);
    const isKnown = type !== 'plugins' || schemas.plugins.has(body?.name);
    return isEntityType(type) && response.status < 300 && isSparse && isKnown
      ? [{ type, recorded }]
      : [];
  });

it('has recorded exchanges of every common type', () => {
  expect(new Set(written.map(({ type }) => type))).toEqual(
    new Set([
      ...['services', 'routes', 'upstreams', 'targets', 'plugins', 'consumers'],
      ...['ca_certificates', 'vaults'],
    ]),
  );
  expect(written.length).toBeGreaterThan(20);
});

it.each(written.map(({ recorded, type }) => [recorded.name, type, recorded] as const))(
  'makes the same of what is sent and what Kong 3.9 gives back: %s',
  (_name, type, { request, response }) => {
    const upstream = { id: response.body.upstream?.id ?? '', key: 'u' };
    const sent = entity(type, { ...request.body, ...(type === 'targets' ? { upstream } : {}) });
    const given = entity(type, response.body);

    expect(canonicalEntity(sent, schemas).fields).toEqual(canonicalEntity(given, schemas).fields);
  },
);

it('is its own canonical form', () => {
  const text = `_format_version: "3.0"
services: [{ name: s, url: http://a/x, tags: [] }]
upstreams: [{ name: u, healthchecks: { passive: { unhealthy: { http_failures: 2 } } }, targets: [{ target: "[::1]" }] }]
plugins: [{ name: rate-limiting, config: { minute: 1, redis_host: r, redis_port: null } }, { name: unknown, config: { a: null } }]
routes: [{ name: r, protocols: [https, http], methods: [PUT, GET, GET], paths: [/b, /a] }]
`;
  const { state } = parseKongConfig([{ path: 'k', text }], { env: {} });

  const once = canonical(state);
  const fields = (type: EntityType, index = 0) =>
    once.entities.filter((candidate) => candidate.type === type)[index]?.fields;

  expect(canonical(once)).toEqual(once);
  expect(fields('services')).toMatchObject({ retries: 5, port: 80, path: '/x' });
  expect(fields('services')).not.toHaveProperty('tags');
  expect(fields('targets')).toEqual({
    target: '[0000:0000:0000:0000:0000:0000:0000:0001]:8000',
    weight: 100,
  });
  expect(fields('upstreams')).toMatchObject({
    healthchecks: {
      passive: { unhealthy: { http_failures: 2, http_statuses: [429, 500, 503] } },
      threshold: 0,
    },
  });
  expect(fields('plugins')).toMatchObject({
    config: { redis: { host: 'r', port: 6379 }, minute: 1 },
  });
  expect(fields('plugins')?.['config']).not.toHaveProperty('redis_host');
  expect(fields('plugins', 1)).toMatchObject({ config: { a: null } });
  expect(fields('routes')).toMatchObject({
    protocols: ['http', 'https'],
    methods: ['GET', 'PUT'],
    paths: ['/b', '/a'],
  });
});
