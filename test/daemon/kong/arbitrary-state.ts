/** Random but valid states of Kong, and random YAML of the kind people write. */
import type { Json, JsonObject } from '../../../daemon/kong/model';
import fc from '../../support/property';

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);

/** Texts that readers of YAML like to misread. */
export const awkwardText = fc.oneof(
  fc.constantFrom(
    'y',
    'no',
    'On',
    'null',
    '~',
    '',
    ' ',
    '1',
    '0x1',
    '012',
    '1_0',
    '1:30',
    '2020-01-01',
    '1e3',
    '.5',
    '.inf',
    'a: b',
    'a #b',
    '- a',
    '{',
    '[',
    '*a',
    '&a',
    '!a',
    '%',
    '@',
    '`',
    '"',
    "'",
    'a\nb',
    'a\n',
    '\n',
    'a\n\n',
    ' a',
    'a ',
    '\ta',
    'a\t',
    '${{ env "DECK_X" }}',
    '${{',
    '<<',
    '=',
    '?',
    ': ',
    ':',
    'a:',
    '#',
    '---',
    '...',
    'é',
    '\u2028',
    '\uF8F00\uF8F2',
    '\u0000',
    '\u0085',
    '\uFEFF',
    'true',
    'False',
    '__proto__',
    'a\r\nb',
    'x'.repeat(200),
    'two  spaces',
    '~/a$',
    '10.0.0.1:80',
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    awkwardText,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc
        .oneof(word, awkwardText)
        .filter((key) => key !== '__proto__' && key !== '<<' && !key.includes('${{')),
      tie('value'),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  ),
})).value;

const some = (value: fc.Arbitrary<Json>): fc.Arbitrary<Json | undefined> =>
  fc.option(value, { nil: undefined });

const extras = fc.record(
  { tags: fc.array(awkwardText, { maxLength: 3 }), 'x-note': json },
  { requiredKeys: [] },
);

const plugin = fc.record({
  name: fc.constantFrom('cors', 'key-auth', 'rate-limiting'),
  config: some(fc.dictionary(word, json, { maxKeys: 4, noNullPrototype: true })),
});

const plugins = fc.uniqueArray(plugin, { maxLength: 2, selector: ({ name }) => name });

const route = fc.tuple(
  fc.record({
    name: word,
    paths: some(fc.array(awkwardText, { maxLength: 3 })),
    headers: some(
      fc.dictionary(word, fc.array(awkwardText, { maxLength: 2 }), {
        maxKeys: 2,
        noNullPrototype: true,
      }),
    ),
    plugins: some(plugins as fc.Arbitrary<Json>),
  }),
  extras,
);

const service = fc.tuple(
  fc.record({
    name: word,
    host: awkwardText,
    port: some(fc.integer({ min: 0, max: 65535 })),
    routes: some(fc.array(route.map(merge), { maxLength: 3 }) as fc.Arbitrary<Json>),
    plugins: some(plugins as fc.Arbitrary<Json>),
  }),
  extras,
);

const upstream = fc.record({
  name: word,
  healthchecks: some(json),
  targets: some(
    fc.uniqueArray(
      fc.record({
        target: word.map((name) => `${name}:80`),
        weight: fc.integer({ min: 0, max: 9 }),
      }),
      {
        maxLength: 3,
        selector: ({ target }) => target,
      },
    ) as fc.Arbitrary<Json>,
  ),
});

/** A decK document as a plain value: unique names, all references resolvable. */
export const document: fc.Arbitrary<JsonObject> = fc
  .record({
    services: fc.uniqueArray(service.map(merge), { maxLength: 4, selector: nameOf }),
    upstreams: fc.uniqueArray(
      upstream.map((item) => merge([item])),
      { maxLength: 3, selector: nameOf },
    ),
    plugins,
  })
  .map((lists) => ({ _format_version: '3.0', ...uniqueRoutes(lists as unknown as JsonObject) }));

function merge(parts: readonly object[]): JsonObject {
  const entries = parts.flatMap((part) => Object.entries(part) as [string, Json | undefined][]);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}

function nameOf(item: JsonObject): string {
  return JSON.stringify(item['name']);
}

/** Route names are unique over all services. */
function uniqueRoutes(lists: JsonObject): JsonObject {
  let count = 0;
  return JSON.parse(
    JSON.stringify(lists, (key, value: Json) =>
      key === 'routes' && Array.isArray(value)
        ? value.map((item: JsonObject) => ({ ...item, name: `${nameOf(item)}-${++count}` }))
        : value,
    ),
  ) as JsonObject;
}
