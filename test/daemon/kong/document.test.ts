import * as fc from 'fast-check';

import { formatDeclarative, fromDeclarative, toDeclarative } from '../../../daemon/kong/document';
import { fillDefaults } from '../../../daemon/kong/defaults';
import { entityLabel, type JsonObject, type KongState } from '../../../daemon/kong/model';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { document } from './arbitrary-state';
import { exchange, recordedSchemas } from './recorded';

function parse(text: string): KongState {
  const { state, failures } = parseKongConfig([{ path: 'k', text }], { env: {} });
  expect(failures.filter(({ severity }) => severity === 'error')).toEqual([]);
  return state;
}

it('holds flat lists with ids, and none of the keys that only decK knows', () => {
  const state = parse(`_format_version: "3.0"
_info: { select_tags: [a] }
_workspace: w
_comment: mine
_plugin_configs: { c: { a: 1 } }
widgets: [1]
services: [{ name: s, host: h, routes: [{ name: r, paths: [/] }] }]
`);

  expect(toDeclarative(state)).toEqual({
    _format_version: '3.0',
    _comment: 'mine',
    widgets: [1],
    services: [{ id: expect.any(String), host: 'h', name: 's' }],
    routes: [{ id: expect.any(String), name: 'r', paths: ['/'], service: state.entities[0]?.id }],
  });
});

it('gives equal bytes for equal states', () => {
  const text = (lines: readonly string[]) => ['_format_version: "3.0"', ...lines].join('\n');
  const lines = [
    'services: [{ name: a, host: h, port: 1 }, { host: g, name: b }]',
    'routes: [{ name: r }]',
  ];
  const first = parse(text(lines));
  const second = parse(
    text([
      'routes: [{ name: r }]',
      'services: [{ name: b, host: g }, { port: 1, host: h, name: a }]',
    ]),
  );

  expect(formatDeclarative(second)).toBe(formatDeclarative(first));
});

it('reads back what it gives', () => {
  fc.assert(
    fc.property(document, (value) => {
      const state = parse(JSON.stringify(value).replaceAll('${{', '\\u0024{{'));

      const again = fromDeclarative(formatDeclarative(state));

      expect(formatDeclarative(again)).toBe(formatDeclarative(withoutNulls(state)));
    }),
  );
});

it('reads what a real node gives for what was posted to it', () => {
  const posted = exchange('dbless/config-post-json').request.body as JsonObject;
  const given = exchange('dbless/config-get').response.body as JsonObject;
  const schemas = recordedSchemas();

  const sent = fillDefaults(parse(JSON.stringify(posted)), schemas);
  const read = fillDefaults(fromDeclarative(given), schemas);

  expect(read.entities.map(entityLabel)).toEqual(sent.entities.map(entityLabel));
  for (const [index, entity] of read.entities.entries()) {
    const other = sent.entities[index];
    expect(entity.fields).toEqual(other?.fields);
    // Kong makes a new id for a key at each load.
    if (entity.type !== 'keyauth_credentials') expect(entity.id).toBe(other?.id);
  }
});

function withoutNulls(state: KongState): KongState {
  return {
    ...state,
    entities: state.entities.map((entity) => ({
      ...entity,
      fields: Object.fromEntries(
        Object.entries(entity.fields).filter(([, value]) => value !== null),
      ),
    })),
  };
}
