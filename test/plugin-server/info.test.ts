import { pluginInfo, pluginSchemaLua, printPluginInfo } from '../../plugin-server/info';
import { luaValue } from '../../plugin-server/lua-value';
import { Schema } from '../../plugin/mesh-upstream';
import { toPluginClass } from '../../plugin-server/plugin-class';
import * as sample from './support/sample-plugin';

describe('the plugin description', () => {
  it('is one line of JSON', () => {
    const written: string[] = [];

    printPluginInfo((text) => written.push(text));

    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(written[0]!)).toEqual(JSON.parse(JSON.stringify(pluginInfo())));
  });

  it('says what Kong 3.9 reads', () => {
    const { Protocol, Plugins } = JSON.parse(JSON.stringify(pluginInfo()));

    expect(Protocol).toBe('ProtoBuf:1');
    expect(Plugins).toHaveLength(1);
    expect(Plugins[0]).toMatchObject({ Name: 'mesh-upstream', Phases: ['access'], Priority: 15 });
    expect(Plugins[0].Version).toMatch(/^\d+\.\d+\.\d+$/);
    const [protocols, consumer, config] = Plugins[0].Schema.fields;
    expect(protocols.protocols.elements.one_of).toEqual(['grpc', 'grpcs', 'http', 'https']);
    expect(consumer.consumer).toEqual({ type: 'foreign', reference: 'consumers', eq: null });
    expect(config.config.fields.map((field: object) => Object.keys(field)[0])).toContain('service');
  });
});

describe('the schema in Lua', () => {
  it("takes what every plugin has from Kong's typedefs, and its config field by field", () => {
    const text = pluginSchemaLua();

    expect(text).toMatch(/^local typedefs = require "kong\.db\.schema\.typedefs"\n\nreturn \{\n/);
    expect(text).toContain('consumer = typedefs.no_consumer,');
    expect(text).toContain('protocols = typedefs.protocols_http,');
    expect(text).toContain('match = "^[%w%.%-_]+$",');
    const [declared = ''] = text.split('entity_checks = {');
    const fields = [...declared.matchAll(/^ {10}\{\n {12}(\w+) = \{$/gm)].map(([, name]) => name);
    expect(fields).toEqual(Schema.flatMap((field) => Object.keys(field)));
    expect(text).toContain('only_one_of = {');
    expect(text).toMatch(/between = \{\n\s+0,\n\s+65535,\n/);
  });

  it.each<[string, unknown, string]>([
    ['text', 'a"b\\c\n\u00fc', '"a\\034b\\092c\\010\\195\\188"'],
    ['a key that is no name', { 'a-b': 1, end: true }, '{\n  ["a-b"] = 1,\n  ["end"] = true,\n}'],
    ['nothing', [], '{}'],
  ])('writes %s as Lua reads it', (_what, value, expected) => {
    expect(luaValue(value, '')).toBe(expected);
  });

  it('has no word for a null', () => {
    expect(() => luaValue({ eq: null }, '')).toThrow('no Lua');
  });
});

describe('toPluginClass', () => {
  it('reads what kong-pdk reads', () => {
    const plugin = toPluginClass({ ...sample, Name: 'Sample' }, 'folder');

    expect(plugin).toMatchObject({ name: 'sample', version: '1.0.0', priority: 15 });
    expect(plugin.phases).toEqual(['rewrite', 'access', 'response', 'log']);
  });

  it('names a plugin without a name by its file', () => {
    const unnamed = { ...sample, Name: undefined };

    expect(toPluginClass(unnamed, 'folder').name).toBe('folder');
  });

  it.each<[string, object]>([
    ['a class', { Plugin: undefined }],
    ['a version of three numbers', { Version: '1.0' }],
    ['a whole priority', { Priority: 1.5 }],
    ['a list of fields', { Schema: {} }],
  ])('wants %s', (_name, change) => {
    const load = (): unknown => toPluginClass({ ...sample, ...change }, 'broken');

    expect(load).toThrow(expect.objectContaining({ code: 'PLUGIN_SERVER_PLUGIN_INVALID' }));
  });
});
