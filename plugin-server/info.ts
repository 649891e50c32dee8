/**
 * The plugin's description for Kong's query command. More than the stock server can say: checks on
 * the plugin entity itself, which Kong enforces when a config is pushed.
 */
import * as meshUpstream from '../plugin/mesh-upstream';
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
  const { name, version, phases, priority, schema } = meshUpstreamClass();
  return {
    Protocol: protocolName,
    Plugins: [
      {
        Name: name,
        Version: version,
        Phases: phases,
        Priority: priority,
        Schema: {
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
            { config: { type: 'record', required: true, fields: schema } },
          ],
        },
      },
    ],
  };
}

/** One line of JSON, and nothing else: Kong parses all that the command writes. */
export function printPluginInfo(write: (text: string) => void = writeStdout): void {
  write(`${JSON.stringify(pluginInfo())}\n`);
}

function writeStdout(text: string): void {
  process.stdout.write(text);
}
