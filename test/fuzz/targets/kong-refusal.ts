/** What Kong says to a document that it refuses: who is left out, and that it comes to an end. */
import type { KongState } from '../../../daemon/kong/model';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { attributeRefusal } from '../../../daemon/targets/kong-dbless/attribute';
import type { Answer } from '../../../daemon/targets/kong-dbless/push-options';
import { pushInRounds } from '../../../daemon/targets/kong-dbless/push-rounds';
import { reasonOf } from '../../../daemon/targets/kong-http/map-error';
import { mutateJson, type Json } from '../engine/mutate-json';
import { mustBeSound, onlyMeshdErrors, secret } from '../invariants';
import { filesBelow, lazily, recordedAnswer } from '../seeds';
import { must, pure, type Target } from '../target';

/** One answer after the other: null means that the document is taken, as is everything after the last. */
type Scenario = readonly Json[];

export const kongRefusal: Target = {
  name: 'kong-refusal',
  weight: 16,
  form: 'json',
  generate(random) {
    const scenario = Array.from({ length: random.few(4) }, () => {
      if (random.chance(0.1)) return null;
      const body = random.pick(refusals());
      return random.chance(0.8) ? mutateJson(body, random, refusals()) : body;
    });
    return Buffer.from(JSON.stringify(scenario));
  },
  open: pure(async (input) => {
    const scenario = JSON.parse(input.toString('utf8')) as Scenario;
    if (!Array.isArray(scenario)) return false;
    let sent = 0;
    const send = (): Promise<Answer> => {
      const body = scenario[sent++] ?? null;
      return Promise.resolve(
        body === null
          ? { kind: 'taken', changed: true }
          : { kind: 'refused', body, reason: reasonOf(body) },
      );
    };
    const options = { maxRounds: 8, maxProbes: 16, fallback: 'exclude' } as const;
    const { failures, ...all } = desired();
    const result = await onlyMeshdErrors(() =>
      pushInRounds(all.state, { ...options, send, base: () => held().state }),
    );
    must(sent <= options.maxRounds + options.maxProbes + 3, 'it never comes to an end');
    must(failures.length === 0, 'the document itself is at fault');
    const named = scenario.some((body) => {
      const { findings, keys, items } = attributeRefusal(body, all.state);
      return findings.size + keys.size + items.length > 0;
    });
    if (!result.ok) return named;
    mustBeSound(result.value.failures);
    mustBeAPart(result.value.state, all.state);
    const lost = sizeOf(all.state) - sizeOf(result.value.state);
    must(lost === 0 || result.value.failures.length > 0, 'something is left out without a word');
    return named;
  }),
};

/** Everything in it was asked for, and nothing refers to what is not there. */
function mustBeAPart(state: KongState, all: KongState): void {
  const asked = new Set(all.entities);
  const there = new Set(state.entities.map(({ type, id }) => `${type}/${id}`));
  for (const entity of state.entities) {
    must(asked.has(entity), 'something is sent that nobody asked for');
    for (const to of Object.values(entity.references)) {
      must(!to || there.has(`${to.type}/${to.id}`), 'something refers to what was left out');
    }
  }
}

/** Entities, and items of what is only passed through. */
function sizeOf({ entities, passthrough }: KongState): number {
  return entities.length + Object.values(passthrough).flat().length;
}

const desired = lazily(() => {
  const text = `_format_version: "3.0"
services:
- name: orders
  url: http://10.96.0.10:8080
  routes:
  - name: orders
    paths: [/orders]
    plugins: [{ name: rate-limiting, config: { minute: 60 } }]
- { name: users, host: users.mesh, routes: [{ name: users, hosts: [users.example.com] }] }
upstreams:
- name: billing.up
  targets: [{ target: "10.0.0.1:8080" }, { target: "10.0.0.2:8080" }]
plugins: [{ name: cors }]
consumers:
- username: alice
  keyauth_credentials: [{ key: ${secret} }]
  basicauth_credentials: [{ username: alice, password: ${secret}-longer }]
filter_chains: [{ name: edge }, { service: orders, filters: [{ name: f }] }]
`;
  const parsed = parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
  const failures = parsed.failures.filter(({ severity }) => severity === 'error');
  return { state: parsed.state, failures };
});

const held = lazily(() => {
  const text = '_format_version: "3.0"\nservices: [{ name: orders, host: old.mesh }]\n';
  return parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
});

const refusals = lazily((): readonly Json[] =>
  [
    ...filesBelow('test/fixtures/kong/dbless', /config-bad-.*\.json$/),
    ...filesBelow('test/fixtures/kong/dbless-seq', /\.json$/),
  ]
    .map(recordedAnswer)
    .filter(({ status, body }) => status >= 400 && JSON.stringify(body ?? null).length < 20_000)
    .map(({ body }) => body)
    .concat(handMade),
);

const handMade: readonly any[] = [
  {
    message: 'declarative config is invalid: {}',
    fields: {
      keyauth_credentials: [
        `uniqueness violation: 'keyauth_credentials' entity with key set to '${secret}' already declared`,
      ],
      filter_chains: `unknown field, near ${secret}-longer`,
    },
    flattened_errors: [
      {
        entity_type: 'consumer',
        entity_name: 'alice',
        errors: [
          { type: 'field', field: 'keyauth_credentials', message: `${secret} is not unique` },
        ],
      },
      {
        entity_type: 'filter_chain',
        entity_name: 'edge',
        errors: [{ type: 'entity', message: `no such filter: ${secret}` }],
      },
    ],
  },
];
