/** What inputs are made from: recordings of real servers, and files as users have them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import * as fc from 'fast-check';
import { stringify, type ToStringOptions } from 'yaml';

import type { Json } from './engine/mutate-json';
import type { Random } from './engine/random';
import { document } from '../daemon/kong/arbitrary-state';

const root = resolve('.');

export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function jsonOf(path: string): any {
  return JSON.parse(textOf(path));
}

/** Paths below a folder whose names end so, sorted. */
export function filesBelow(folder: string, end: RegExp): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => end.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** A recorded exchange's answer. */
export function recordedAnswer(path: string): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
} {
  return jsonOf(path).response;
}

export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Kong configurations as people keep them, comments and all. */
export const kongTexts = lazily((): readonly string[] => [
  ...['kong.yml', 'examples/universal/kong.yml', 'examples/dbless/kong.yml'].map(textOf),
  ...filesBelow('examples', /kong[^/]*\.yml$/).map(textOf),
  ...filesBelow('test/golden/translate', /kong\.(in|golden)\.yaml$/).map(textOf),
  ...handWritten,
]);

/** A state of Kong as a value, valid before it is mutated. */
export function kongDocument(random: Random): Json {
  const [value] = fc.sample(document, { seed: random.int(2 ** 31), numRuns: 1 });
  return JSON.parse(JSON.stringify(value)) as Json;
}

const styles: readonly ToStringOptions[] = [
  {},
  { indentSeq: false },
  { indent: 4 },
  { collectionStyle: 'flow' },
  { defaultStringType: 'QUOTE_SINGLE' },
  { defaultStringType: 'QUOTE_DOUBLE' },
  { lineWidth: 20 },
];

/** A value as a YAML or JSON file of one of the usual styles. */
export function yamlOf(value: Json, random: Random): string {
  const style = random.int(styles.length + 2);
  if (style > styles.length) return JSON.stringify(value, null, 2);
  // The library's writer takes seconds for what is very deep, or all of the stack.
  if (style === styles.length || isDeeperThan(deepestYaml, value)) return JSON.stringify(value);
  return stringify(value, { ...styles[style], aliasDuplicateObjects: random.chance(0.5) });
}

const deepestYaml = 60;

function isDeeperThan(levels: number, value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item: Json) => isDeeperThan(levels - 1, item));
}

const handWritten: readonly string[] = [
  `_format_version: "3.0"
_info:
  select_tags: [team-a]
  defaults:
    route: &defaults
      protocols: [https]
      strip_path: false
_plugin_configs:
  limits: # shared
    minute: 5
    redis: { host: redis.internal, password: '\${{ env "DECK_SECRET" }}' }
services:
  # the shop
  - name: orders
    url: http://orders.internal:8080/base # in the data centre
    tags: [mesh:orders, team-a]
    routes:
      - name: orders
        <<: *defaults
        paths:
          - /orders   # public
          - ~/o/\\d+$
        plugins:
          - name: rate-limiting
            _config: limits
            config: { hour: 100 }
  - name: billing
    host: "billing.mesh"
    port: \${{ env "DECK_PORT" | toInt }}
    plugins:
      - name: mesh-upstream
        config:
          service: billing
          port: "80"
consumers:
  - username: app
    custom_id: "7"
    keyauth_credentials:
      - key: \${{ env "DECK_SECRET" }}
    basicauth_credentials: [{ username: app, password: \${{ env "DECK_SECRET" }} }]
    groups: [{ name: gold }]
consumer_groups:
  - name: gold
upstreams:
  - name: blue
    healthchecks: { active: { healthy: { interval: 5 } } }
    targets:
      - target: 10.0.0.1:80
        weight: 100
      - target: "[::1]:8080"
certificates:
  - id: 4fcdec5e-7a15-4c5d-9d2e-6a5d5a5f0001
    cert: |
      -----BEGIN CERTIFICATE-----
      MIIB
      -----END CERTIFICATE-----
    key: "\${{ env \\"DECK_SECRET\\" }}"
    snis: [a.example, { name: b.example }]
`,
  `_format_version: "1.1"
services:
- &base
  name: a
  host: a.internal
  routes:
  - {name: a, paths: [/a, "/a(?<id>x)"], methods: [GET]}
- <<: *base
  name: b
  routes: []
routes:
- name: alone
  hosts: ["*.example.com"]
  service: a
`,
  '_format_version: "3.0"\nservices: [{ name: s, host: a }] # all\nroutes:\n',
  '{"_format_version":"3.0","services":[{"name":"a","host":"b","routes":[{"name":"r","paths":["/"]}]}]}',
  '_format_version: "3.0"\n',
];
