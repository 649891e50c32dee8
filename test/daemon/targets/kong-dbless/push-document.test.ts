import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseKongConfig } from '../../../../daemon/kong/parse';
import type { KongState } from '../../../../daemon/kong/model';
import { encodeDocument, isEmptyState } from '../../../../daemon/targets/kong-dbless/push-document';
import { document } from '../../kong/arbitrary-state';
import { service, state } from '../../plan/build';
import fc from '../../../support/property';

const id = '00000000-0000-4000-8000-000000000001';

describe('encodeDocument', () => {
  it('refers by name where Kong derives the id, and by id where the user gave one', () => {
    const config = parse(`
_format_version: "3.0"
services:
  - name: orders
    host: orders.mesh
    routes: [{ name: orders, paths: [/o], plugins: [{ name: cors }] }]
  - name: users
    id: ${id}
    host: users.mesh
    routes: [{ name: users, paths: [/u] }]
`);

    const document = JSON.parse(encodeDocument(config).text);

    expect(document).toEqual({
      _format_version: '3.0',
      services: [
        { name: 'orders', host: 'orders.mesh' },
        { id, name: 'users', host: 'users.mesh' },
      ],
      routes: [
        { name: 'orders', paths: ['/o'], service: 'orders' },
        { name: 'users', paths: ['/u'], service: id },
      ],
      plugins: [{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: 'cors', route: 'orders' }],
    });
  });

  it('gives the same bytes for the same content in whatever order it was written', () => {
    const one = parse(`_format_version: "3.0"
services: [{ name: a, host: h, port: 1 }, { host: g, name: b }]
routes: [{ name: r }]
`);
    const other = parse(`routes: [{ name: r }]
services: [{ name: b, host: g }, { port: 1, host: h, name: a }]
_format_version: "3.0"
`);

    expect(encodeDocument(other)).toEqual(encodeDocument(one));
  });

  it('leaves out comments and the keys that only decK knows, and no others', () => {
    const config = parse(`_format_version: "3.0"
_info: { select_tags: [a] }
_workspace: w
_comment: mine
_ignore: [x]
_transform: false
_plugin_configs: { c: { a: 1 } }
_konnect: { control_plane_name: c }
widgets: [1]
`);

    expect(JSON.parse(encodeDocument(config).text)).toEqual({
      _format_version: '3.0',
      _transform: false,
      widgets: [1],
    });
  });

  it('is read back as what it was made of', () => {
    fc.assert(
      fc.property(document, (value) => {
        const config = parse(JSON.stringify(value).replaceAll('${{', '\\u0024{{'));
        const { text } = encodeDocument(config);

        const again = parse(text.replaceAll('${{', '\\u0024{{'));

        expect(encodeDocument(again).text).toBe(text);
      }),
    );
  });

  it('is the same from the first and from the tenth time', () => {
    const config = parse(`
_format_version: "3.0"
services: [{ name: a, host: a, routes: [{ name: r, paths: [/] }] }]
`);
    const orphan: KongState = {
      ...config,
      entities: config.entities.filter(({ type }) => type === 'routes'),
    };

    encodeDocument(orphan);
    const later = encodeDocument(config);

    expect(later).toEqual(encodeDocument(structuredClone(config)));
  });

  it('makes the hash that Kong makes', () => {
    const folder = join(__dirname, '../../../fixtures/kong/dbless-seq/01-body-forms');
    const { request } = JSON.parse(
      readFileSync(join(folder, '06-config-field-json-text.json'), 'utf8'),
    );
    const { response } = JSON.parse(
      readFileSync(join(folder, '07-status-after-text.json'), 'utf8'),
    );
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');

    const { text, hash } = encodeDocument(state(service('a')));

    expect(md5(request.body.config)).toBe(response.body.configuration_hash);
    expect(hash).toBe(md5(text));
  });

  it('passes through what is not ours to read, and says where passwords are hashed', () => {
    const config = { ...state(), passthrough: { custom: [{ a: 1 }] } };

    expect(JSON.parse(encodeDocument(config, { hashed: true }).text)).toEqual({
      _format_version: '3.0',
      _transform: false,
      custom: [{ a: 1 }],
    });
  });
});

describe('isEmptyState', () => {
  it.each<[string, KongState, boolean]>([
    ['nothing', state(), true],
    ['only what is about the file', { ...state(), passthrough: { _comment: 'x' } }, true],
    ['something passed through', { ...state(), passthrough: { custom: [] } }, false],
    ['an entity', state(service('a')), false],
  ])('%s', (_name, given, expected) => {
    expect(isEmptyState(given)).toBe(expected);
  });
});

function parse(text: string): KongState {
  return parseKongConfig([{ path: 'kong.yml', text }], { env: {} }).state;
}
