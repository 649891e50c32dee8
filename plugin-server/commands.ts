/**
 * What Kong asks of a plugin server, and nothing else: the stock server runs whatever its class has,
 * which lets anyone who can open the socket load code or read configs with their secrets.
 */
import type { Counters } from './counters';
import { pluginServerErrors } from './errors';
import type { EventChannel, RunningEvent } from './event';
import type { Events } from './events';
import { frame } from './frames';
import type { Instances } from './instances';
import type { Log } from './log';
import type { PluginClass } from './plugin-class';
import { ProtocolError, type RpcCall, type RpcReturn } from './protocol';

export type Answer =
  | { readonly kind: 'return'; readonly message: RpcReturn }
  /** The event answers by itself; undefined where it has already. */
  | { readonly kind: 'event'; readonly event: RunningEvent | undefined }
  /** After these bytes Kong starts a new instance and repeats the event. */
  | { readonly kind: 'retry'; readonly bytes: Buffer }
  /** By closing the connection: nothing else tells Kong that an instance was not started. */
  | { readonly kind: 'refuse' };

export interface Commands {
  /** @throws ProtocolError on a call that Kong does not make. */
  handle(call: RpcCall, channel: EventChannel): Answer;
}

export interface CommandParts {
  readonly classes: ReadonlyMap<string, PluginClass>;
  readonly instances: Instances;
  readonly events: Events;
  readonly log: Log;
  readonly counters: Counters;
  /** While it hands its connections over to the next server. */
  readonly handsOver: () => boolean;
  /** For whoever asks what this server answers by. */
  readonly snapshots: () => readonly { readonly file: string; readonly hash: string }[];
}

export function createCommands(parts: CommandParts): Commands {
  const { classes, instances, events, log, counters, handsOver, snapshots } = parts;

  function start(name: string, configBytes: Uint8Array, sequence: RpcCall['sequence']): Answer {
    const pluginClass = classes.get(name);
    try {
      if (!pluginClass) throw new Error('it is not served here');
      const config = JSON.parse(Buffer.from(configBytes).toString('utf8')) as unknown;
      const { id } = instances.start(pluginClass, config, performance.now());
      counters.instancesStarted += 1;
      log.write('debug', 'instance started', { plugin: name, id });
      const started_at = Math.floor(Date.now() / 1000);
      const instance_status = { name, instance_id: id, started_at };
      return { kind: 'return', message: { sequence, instance_status } };
    } catch (error) {
      const cause = error instanceof SyntaxError ? 'its config is no JSON' : messageOf(error);
      const plugin = name.slice(0, 100);
      const failure = pluginServerErrors.failure('PLUGIN_SERVER_INSTANCE_REFUSED', {
        plugin,
        cause,
      });
      log.limited('error', failure.message, { code: failure.code, remedy: failure.remedy });
      counters.refused += 1;
      return { kind: 'refuse' };
    }
  }

  function handleEvent(
    { instance_id, event_name }: NonNullable<RpcCall['cmd_handle_event']>,
    sequence: RpcCall['sequence'],
    channel: EventChannel,
  ): Answer {
    const instance = handsOver() ? undefined : instances.find(instance_id);
    if (instance) {
      return { kind: 'event', event: events.start(instance, event_name, sequence, channel) };
    }
    if (!handsOver()) counters.refused += 1;
    // As the name of a method it becomes the text of Kong's error, and by that text Kong recovers: it
    // gives up this connection, starts an instance on another one, and repeats the event.
    const name = Buffer.from(`no plugin instance ${String(instance_id)}`);
    return { kind: 'retry', bytes: Buffer.concat([frame(name), frame(Buffer.alloc(0))]) };
  }

  function describe(name: string): RpcReturn['plugin_info'] {
    const found = classes.get(name);
    if (!found) return undefined;
    const { version, priority, phases, schema } = found;
    return {
      name,
      version,
      priority,
      phases,
      schema: JSON.stringify(schema),
      snapshots: snapshots(),
    };
  }

  return {
    handle(call, channel) {
      const { sequence } = call;
      if (call.cmd_handle_event) return handleEvent(call.cmd_handle_event, sequence, channel);
      if (call.cmd_start_instance) {
        return start(call.cmd_start_instance.name, call.cmd_start_instance.config, sequence);
      }
      if (call.cmd_close_instance) {
        // Kong does not care whether there was one.
        instances.close(call.cmd_close_instance.instance_id, performance.now());
        return { kind: 'return', message: { sequence } };
      }
      if (call.cmd_get_plugin_names) {
        return {
          kind: 'return',
          message: { sequence, plugin_names: { names: [...classes.keys()] } },
        };
      }
      if (call.cmd_get_plugin_info) {
        const plugin_info = describe(call.cmd_get_plugin_info.name);
        return { kind: 'return', message: { sequence, ...(plugin_info ? { plugin_info } : {}) } };
      }
      throw new ProtocolError('a call of no known kind');
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
