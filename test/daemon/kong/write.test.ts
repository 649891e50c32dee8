import type { Entity, JsonObject, KongState } from '../../../daemon/kong/model';
import { entityLabel, sortEntities } from '../../../daemon/kong/model';
import { parseKongConfig, type ParsedConfig } from '../../../daemon/kong/parse';
import { renderFiles, renderState } from '../../../daemon/kong/write';

const head = '_format_version: "3.0"\n';
const env = { DECK_HOST: 'secret.host', DECK_PW: 'hunter2', DECK_URL: 'http://u:1/secret' };

function parse(text: string): ParsedConfig {
  return parseKongConfig([{ path: 'kong.yml', text }], { env, meshTag: 'kong-meshd' });
}

/** The text after the fields of one entity changed. */
function change(
  text: string,
  label: string,
  fields: JsonObject | ((old: JsonObject) => JsonObject),
) {
  const parsed = parse(text);
  const known = parsed.state.entities.map(entityLabel);
  if (!known.includes(label)) throw new Error(`no ${label} among ${known.join(', ')}`);
  return render(
    parsed,
    parsed.state.entities.map((entity) =>
      entityLabel(entity) === label
        ? {
            ...entity,
            fields:
              typeof fields === 'function'
                ? fields(entity.fields)
                : { ...entity.fields, ...fields },
          }
        : entity,
    ),
  );
}

function render(parsed: ParsedConfig, entities: readonly Entity[]): string {
  const desired: KongState = { ...parsed.state, entities: sortEntities(entities) };
  const { value, failures } = renderFiles(parsed, desired);
  expect(failures).toEqual([]);
  return value[0]?.text ?? '';
}

/** What another file would hold, as entities of the mesh. */
function meshEntities(text: string): readonly Entity[] {
  return parse(head + text).state.entities.map(({ origin: _, ...entity }) => ({
    ...entity,
    owner: 'mesh',
  }));
}

describe('changes in place', () => {
  it.each([
    [
      'a scalar',
      'services:\n- name: s # the shop\n  host: a   # here\n',
      'service s',
      { host: 'b' },
      'services:\n- name: s # the shop\n  host: b   # here\n',
    ],
    [
      'quotes stay',
      'services:\n- name: "s"\n  host: \'a\'\n',
      'service s',
      { host: 'b' },
      'services:\n- name: "s"\n  host: \'b\'\n',
    ],
    [
      'a new field goes before nested lists',
      'services:\n- name: s\n  host: a\n  # mine\n  routes:\n  - name: r\n    paths: [/]\n',
      'service s',
      { port: 81 },
      'services:\n- name: s\n  host: a\n  port: 81\n  # mine\n  routes:\n  - name: r\n    paths: [/]\n',
    ],
    [
      'values that YAML 1.1 misreads are quoted',
      'services:\n- name: s\n  host: a\n',
      'service s',
      { host: 'no' },
      'services:\n- name: s\n  host: "no"\n',
    ],
    [
      'flow style',
      'services: [{ name: s, host: a }] # all\n',
      'service s',
      { host: 'b', port: 1 },
      'services: [{ name: s, host: b, port: 1 }] # all\n',
    ],
    [
      'a short list',
      'routes:\n- name: r\n  paths: [/a]\n  hosts:\n  - x # one\n  - y\n',
      'route r',
      { hosts: ['x', 'z'] },
      'routes:\n- name: r\n  paths: [/a]\n  hosts:\n  - x # one\n  - z\n',
    ],
    [
      'a longer list',
      'routes:\n- name: r\n  paths:\n  - /a\n  # end\n',
      'route r',
      { paths: ['/a', '/b'] },
      'routes:\n- name: r\n  paths: [/a, /b]\n  # end\n',
    ],
    [
      'a nested mapping',
      'plugins:\n- name: p\n  config:\n    a: 1\n    b: # deep\n      c: x\n',
      'plugin p',
      { config: { a: 1, b: { c: 'z', d: [] } } },
      'plugins:\n- name: p\n  config:\n    a: 1\n    b: # deep\n      c: z\n      d: []\n',
    ],
    [
      'an empty value',
      'plugins:\n- name: p\n  config:\n',
      'plugin p',
      { config: { a: 1 } },
      'plugins:\n- name: p\n  config:\n    a: 1\n',
    ],
    [
      'a block scalar',
      'plugins:\n- name: p\n  config:\n    f: |\n      a\n      b\n    g: 1\n',
      'plugin p',
      { config: { f: 'c', g: 1 } },
      'plugins:\n- name: p\n  config:\n    f: c\n    g: 1\n',
    ],
    [
      'a list becomes text',
      'plugins:\n- name: p\n  config:\n    f:\n    - a\n    g: 1\n',
      'plugin p',
      { config: { f: 'c\nd\n', g: 1 } },
      'plugins:\n- name: p\n  config:\n    f: |\n      c\n      d\n    g: 1\n',
    ],
    [
      'a url is kept a url',
      'services:\n- name: s\n  url: http://a:81/x\n',
      'service s',
      { host: 'b', port: 80 },
      'services:\n- name: s\n  url: http://b/x\n',
    ],
    [
      'a url with templates stays where it does not change',
      'services:\n- name: s\n  url: "${{ env "DECK_URL" }}"\n',
      'service s',
      { retries: 1 },
      'services:\n- name: s\n  url: "${{ env "DECK_URL" }}"\n  retries: 1\n',
    ],
  ])('%s', (_name, before, label, fields, after) => {
    expect(change(head + before, label, fields as JsonObject)).toBe(head + after);
  });

  it.each([
    [
      'a field of its own line',
      'services:\n- name: s\n  port: 81 # gone\n  host: a\n',
      'port',
      'services:\n- name: s\n  host: a\n',
    ],
    [
      'the field beside the dash',
      'services:\n- port: 81\n  name: s\n  host: a\n',
      'port',
      'services:\n- name: s\n  host: a\n',
    ],
    [
      'in flow style',
      'services: [{ port: 81, name: s, host: a }]\n',
      'port',
      'services: [{ name: s, host: a }]\n',
    ],
    [
      'a field of several lines',
      'services:\n- name: s\n  tags:\n  - a\n  - b\n  host: a\n',
      'tags',
      'services:\n- name: s\n  host: a\n',
    ],
  ])('removes %s', (_name, before, field, after) => {
    const text = change(head + before, 'service s', (old) =>
      Object.fromEntries(Object.entries(old).filter(([key]) => key !== field)),
    );

    expect(text).toBe(head + after);
  });

  it('keeps templates in what does not change, also inside a list that does', () => {
    const before = `${head}services:
- name: s
  host: \${{ env "DECK_HOST" }}
  tags: ["\${{ env "DECK_PW" }}", b]
`;

    expect(change(before, 'service s', { port: 1, tags: ['c', 'hunter2', 'd'] }))
      .toBe(`${head}services:
- name: s
  host: \${{ env "DECK_HOST" }}
  tags: [c, "\${{ env "DECK_PW" }}", d]
  port: 1
`);
  });

  it('refuses to write a secret that is part of a changed url', () => {
    const parsed = parse(`${head}services:\n- name: s\n  url: "\${{ env "DECK_URL" }}"\n`);
    const entities = parsed.state.entities.map((entity) => ({
      ...entity,
      fields: { ...entity.fields, host: 'b' },
    }));
    const rendered = renderFiles(parsed, { ...parsed.state, entities });

    expect(rendered.failures).toMatchObject([{ code: 'KONG_RENDER_SECRET', entity: 'service s' }]);
    expect(rendered.value[0]?.text).toBe(parsed.files[0]?.text);
  });

  it('writes over defaults and shared plugin configs only what differs', () => {
    const before = `${head}_info:
  defaults:
    service: { retries: 3 }
_plugin_configs:
  limits: { minute: 5, redis: { password: "\${{ env "DECK_PW" }}", port: 1 } }
services:
- name: s
  host: a
plugins:
- name: rate-limiting
  _config: limits
`;
    const first = change(before, 'service s', { retries: 4 });
    const second = change(first, 'plugin rate-limiting', {
      config: { minute: 5, redis: { password: 'hunter2', port: 2 } },
    });

    expect(second).toBe(`${before.replace('  host: a\n', '  host: a\n  retries: 4\n')}  config:
    redis:
      port: 2
`);
  });

  it('leaves whoever shares an anchor alone', () => {
    const before = `${head}x-base: &base
  retries: 1
  tags: &tags [a]
services:
- <<: *base
  name: s
  host: a
- <<: *base
  name: t
  host: a
- name: u
  host: a
  tags: *tags
`;
    const merged = change(before, 'service s', { retries: 2 });
    const aliased = change(before, 'service u', { tags: ['b'] });

    expect(merged).toBe(
      before.replace('  name: s\n  host: a\n', '  name: s\n  host: a\n  retries: 2\n'),
    );
    expect(parse(aliased).state.entities.map(({ fields }) => fields['tags'])).toEqual([
      ['a'],
      ['a'],
      ['b'],
    ]);
    expect(aliased).toContain('tags: &tags [a]');
    expect(aliased).toContain('- <<: *base\n  name: t\n');
  });

  it('writes a shared list of plugins out where one of them changes', () => {
    const before = `${head}services:
- name: s
  host: a
  plugins: &common
  - name: cors
    config: { max_age: 1 }
- name: t
  host: a
  plugins: *common
`;

    expect(change(before, 'plugin cors on service s', { config: { max_age: 2 } })).toBe(
      before
        .replace('max_age: 1', 'max_age: 2')
        .replace('*common', '[{ name: cors, config: { max_age: 1 } }]'),
    );
  });

  it('keeps the line breaks of Windows', () => {
    const before = `${head}services:\n- name: s\n  host: a\n`.replaceAll('\n', '\r\n');

    expect(change(before, 'service s', { port: 81 })).toBe(`${before}  port: 81\r\n`);
  });

  it('keeps the line breaks of Windows between braces', () => {
    const flow = `${head}services: [{\n    name: s,\n    host: a\n  }]\n`.replaceAll('\n', '\r\n');

    expect(change(flow, 'service s', { port: 81 })).toBe(
      flow.replace('host: a', 'host: a,\r\n    port: 81'),
    );
  });

  it('leaves whoever shares a merged mapping alone, also deep inside of it', () => {
    const before = `${head}services:
- name: a
  <<: &common
    host: h
    plugins: [{ name: cors, config: { max_age: 1 } }]
- name: b
  <<: *common
`;

    const after = change(before, 'plugin cors on service b', { config: { max_age: 2 } });

    expect(after).toBe(
      before.replace(
        '<<: *common',
        'host: h\n  plugins:\n  - name: cors\n    config:\n      max_age: 2',
      ),
    );
  });

  it.each([
    ['as it is', 'a.example'],
    ['from the environment', '\'${{ env "DECK_HOST" }}\''],
  ])('gives an SNI that is its name alone, %s, a place for more', (_name, sni) => {
    const before = `${head}certificates:
- id: 4fcdec5e-7a15-4c5d-9d2e-6a5d5a5f0001
  cert: x
  key: y
  snis: [${sni}]
`;
    const label = sni === 'a.example' ? 'SNI a.example' : 'SNI secret.host';

    const written = sni.replaceAll("'", '');
    expect(change(before, label, { tags: ['t'] })).toBe(
      before.replace(
        `[${sni}]`,
        `[{ name: ${sni === written ? sni : `"${written}"`}, tags: [t] }]`,
      ),
    );
  });

  it('edits JSON as JSON', () => {
    const before = `{
  "_format_version": "3.0",
  "services": [
    {
      "name": "s",
      "host": "\${{ env \\"DECK_HOST\\" }}"
    }
  ]
}
`;

    expect(change(before, 'service s', { port: 81, tags: ['no'] })).toBe(
      before.replace('}}"\n', '}}",\n      "port": 81,\n      "tags": [\n        "no"\n      ]\n'),
    );
  });
});

describe('entities of the mesh', () => {
  const user = `${head}# the shop
services:
  - name: shop
    host: shop.local

# the end
`;
  const mesh = `services:
- name: orders
  host: orders.mesh
  tags: [kong-meshd]
  routes:
  - { name: orders, paths: [/orders], tags: [kong-meshd] }
  plugins:
  - { name: cors, tags: [kong-meshd] }
upstreams:
- name: blue
  tags: [kong-meshd]
  targets: [{ target: "10.0.0.1:80", tags: [kong-meshd] }]
`;

  it('are appended below a mark, nested, and go without a trace', () => {
    const before = parse(user);
    const text = render(before, [...before.state.entities, ...meshEntities(mesh)]);

    expect(text).toBe(`${head}# the shop
services:
  - name: shop
    host: shop.local
  # generated by kong-meshd: changes below are overwritten
  - name: orders
    host: orders.mesh
    tags: [kong-meshd]
    routes:
      - name: orders
        paths: [/orders]
        tags: [kong-meshd]
    plugins:
      - name: cors
        tags: [kong-meshd]
upstreams:
  # generated by kong-meshd: changes below are overwritten
  - name: blue
    tags: [kong-meshd]
    targets:
      - target: 10.0.0.1:80
        tags: [kong-meshd]

# the end
`);

    const after = parse(text);
    const users = after.state.entities.filter(({ owner }) => owner === 'user');

    expect(after.state.entities.filter(({ owner }) => owner === 'mesh')).toHaveLength(5);
    expect(render(after, users)).toBe(user);
    expect(render(after, after.state.entities)).toBe(text);
  });

  it('go into a list that ends the file without a line break, others beside it', () => {
    const before = parse(`${head}upstreams:`);

    const added = render(
      before,
      meshEntities('services: [{ name: a, host: h }]\nupstreams: [{ name: blue }]\n'),
    );

    expect(added).toBe(`${head}upstreams:
# generated by kong-meshd: changes below are overwritten
- name: blue
services:
# generated by kong-meshd: changes below are overwritten
- name: a
  host: h`);
  });

  it('stand in the column of the first key also where that has an anchor', () => {
    const before = `${head}services:\n- &a name: s\n`;

    expect(change(before, 'service s', { port: 81 })).toBe(`${before}  port: 81\n`);
  });

  it('leave a blank behind the colon that a bracket could do without', () => {
    const before = `${head}services: [{name: s,tags:[a]}]\n`;

    expect(change(before, 'service s', { tags: 'a' })).toBe(before.replace('[a]', ' a'));
  });

  it('become the value of a key between braces that stands alone', () => {
    const before = parse('{"_format_version": "3.0", "upstreams"}\n');

    expect(render(before, meshEntities('upstreams: [{ name: blue }]\n'))).toBe(
      '{"_format_version": "3.0", "upstreams": [{ name: blue }]}\n',
    );
  });

  it('stand in no other column behind the byte order mark of Windows', () => {
    const marked = '\uFEFFservices: [{ name: s, host: a }]\n_format_version: "3.0"\n';
    const before = parse(marked);

    const added = render(before, [
      ...before.state.entities,
      ...meshEntities('upstreams: [{ name: blue }]\n'),
    ]);

    expect(added).toBe(`${marked}upstreams:
# generated by kong-meshd: changes below are overwritten
- name: blue
`);
    expect(render(parse(added), before.state.entities)).toBe(marked);
  });

  it('are changed and exchanged below the same mark', () => {
    const before = parse(user);
    const first = parse(render(before, [...before.state.entities, ...meshEntities(mesh)]));
    const kept = first.state.entities.filter(({ key }) => key === 'shop');
    const second = render(first, [
      ...kept,
      ...meshEntities('services: [{ name: cart, host: cart.mesh, tags: [kong-meshd] }]'),
    ]);

    expect(second).toBe(`${head}# the shop
services:
  - name: shop
    host: shop.local
  # generated by kong-meshd: changes below are overwritten
  - name: cart
    host: cart.mesh
    tags: [kong-meshd]

# the end
`);
  });

  it('of a user’s service are flat and refer by name; targets go into their upstream', () => {
    const text = `${head}services:\n- name: s\n  host: a\nupstreams:\n- name: u\n`;
    const parsed = parse(text);
    const added = meshEntities(`
services: [{ name: s, host: a, routes: [{ name: r, paths: [/r] }], plugins: [{ name: cors }] }]
upstreams: [{ name: u, targets: [{ target: "b:80" }] }]
`).filter(({ type }) => type !== 'services' && type !== 'upstreams');

    expect(render(parsed, [...parsed.state.entities, ...added])).toBe(`${head}services:
- name: s
  host: a
upstreams:
- name: u
  targets:
  # generated by kong-meshd: changes below are overwritten
  - target: b:80
routes:
# generated by kong-meshd: changes below are overwritten
- name: r
  paths: [/r]
  service:
    name: s
plugins:
# generated by kong-meshd: changes below are overwritten
- name: cors
  service: s
`);
  });

  it.each([
    ['an empty list', 'services: []\n'],
    ['no list', ''],
    ['a flow list', 'services: [{ name: a, host: a }]\n'],
    ['no value', 'services:\n'],
    ['no line break at the end', 'services:\n- name: a\n  host: a'],
  ])('find their place in a file with %s', (_name, text) => {
    const parsed = parse(head + text);
    const after = render(parsed, [...parsed.state.entities, ...meshEntities(mesh)]);

    expect(parse(after).state.entities).toHaveLength(parsed.state.entities.length + 5);
    expect(after.startsWith(head)).toBe(true);
  });

  it('leave the files alone that do not change', () => {
    const files = [
      { path: 'a.yml', text: `${head}services: [{ name: a, host: a }]   # odd   spacing\n` },
      { path: 'b.yml', text: `${head}routes:\n- {name: r,   service: a, paths: [/]}\n` },
    ];
    const parsed = parseKongConfig(files, { env });
    const desired = parsed.state.entities.map((entity) =>
      entity.type === 'routes'
        ? { ...entity, fields: { ...entity.fields, paths: ['/x'] } }
        : entity,
    );
    const { value } = renderFiles(parsed, { ...parsed.state, entities: desired });

    expect(value).toEqual([
      files[0],
      { path: 'b.yml', text: files[1]!.text.replace('[/]', '[/x]') },
    ]);
  });
});

describe('a whole state', () => {
  it('is written nested and reads back the same', () => {
    const { state } = parse(`${head}_info: { select_tags: [a] }
services:
- name: s
  url: http://h:81/x
  routes: [{ name: r, paths: [~/x$], plugins: [{ name: cors, config: { origins: ["*"] } }] }]
consumers:
- username: alice
  keyauth_credentials: [{ key: abc }]
  groups: [{ name: gold }]
consumer_groups: [{ name: gold }]
`);

    const text = renderState(state);

    expect(text).toContain('  routes:\n  - name: r\n');
    expect(
      parse(text).state.entities.map(({ type, id, fields, references }) => ({
        type,
        id,
        fields,
        references,
      })),
    ).toEqual(
      state.entities.map(({ type, id, fields, references }) => ({ type, id, fields, references })),
    );
    expect(parse(text).state.selectTags).toEqual(['a']);
  });
});

it("keeps what the mesh adds free of the file's own defaults", () => {
  const info = '_info: { defaults: { route: { protocols: [https] } } }\n';
  const parsed = parse(`${head}${info}services:\n- { name: s, host: a }\n`);
  const added = meshEntities('routes:\n- name: r\n  paths: [/r]\n');

  const text = render(parsed, [...parsed.state.entities, ...added]);

  expect(text).toContain('protocols: null');
  const { entities } = parse(text).state;
  expect(entities.find(({ type }) => type === 'routes')?.fields['protocols']).toBeNull();
});
