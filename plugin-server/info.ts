/**
 * The plugin's description for Kong's query command. More than the stock server can say: checks on
 * the plugin entity itself, which Kong enforces when a config is pushed.
 */
import * as meshUpstream from '../plugin/mesh-upstream';
import { LuaCode, luaValue } from './lua-value';
import { protocolName } from './protocol';
import { toPluginClass, type PluginClass } from './plugin-class';

/** The one plugin this project serves. */
export function meshUpstreamClass(): PluginClass {
  return toPluginClass(meshUpstream, 'mesh-upstream');
}

/**
 * What Kong 3.9 reads: one plugin per server, since it takes only the first of a list.
 * http and grpc only, because a stream has no Host and no access phase; not per consumer, because
 * where a service is does not depend on who asks.
 */
export function pluginInfo(): Readonly<Record<string, unknown>> {
  const { name, version, phases, priority } = meshUpstreamClass();
  return {
    Protocol: protocolName,
    Plugins: [
      { Name: name, Version: version, Phases: phases, Priority: priority, Schema: entitySchema() },
    ],
  };
}

function entitySchema(): object {
  const { name, schema } = meshUpstreamClass();
  return {
    name,
    fields: [
      {
        protocols: {
          type: 'set',
          required: true,
          default: ['grpc', 'grpcs', 'http', 'https'],
          elements: { type: 'string', one_of: ['grpc', 'grpcs', 'http', 'https'] },
        },
      },
      { consumer: { type: 'foreign', reference: 'consumers', eq: null } },
      { config: configRecord(schema) },
    ],
  };
}

/** The stock server's description has no place for checks over several fields: there the plugin rejects. */
function configRecord(fields: readonly object[]): object {
  return { type: 'record', required: true, fields, entity_checks: meshUpstream.ConfigChecks };
}

/**
 * The same schema as `schema.lua`, for a control plane that runs no plugin server and checks configs by
 * it. What every plugin of Kong takes from its `typedefs` is taken from there.
 */
export function pluginSchemaLua(): string {
  const { name, schema } = meshUpstreamClass();
  const fields = [
    { protocols: new LuaCode('typedefs.protocols_http') },
    { consumer: new LuaCode('typedefs.no_consumer') },
    { config: configRecord(schema) },
  ];
  const table = luaValue({ name, fields }, '');
  return `local typedefs = require "kong.db.schema.typedefs"\n\nreturn ${table}\n`;
}

/** One line of JSON, and nothing else: Kong parses all that the command writes. */
export function printPluginInfo(write: (text: string) => void = writeStdout): void {
  write(`${JSON.stringify(pluginInfo())}\n`);
}

/** The schema as Lua, and nothing else. */
export function printPluginSchema(write: (text: string) => void = writeStdout): void {
  write(pluginSchemaLua());
}

function writeStdout(text: string): void {
  process.stdout.write(text);
}
