import { setMaxListeners } from 'node:events';
import { LuaError } from './lua-error';
import type { Log } from './gateway-log';
import { InstanceCache, type InstanceConfig } from './instance-cache';
import { MsgpackRpc } from './msgpack/msgpack-rpc';
import {
  type CallPdk,
  type EventOutcome,
  leaveEvent,
  type PluginEvent,
  type PluginRpc,
} from './plugin-event';
import type { Protocol } from './plugin-info';
import { ProtobufRpc } from './protobuf/protobuf-rpc';

export interface PluginServerClientOptions {
  readonly socketPath: string;
  /** As the plugin's description says. Default `MsgPack:1`, as in Kong. */
  readonly protocol?: Protocol;
  /** Kong workers to stand in for, each with its own connections and instances. Default 1. */
  readonly workers?: number;
  /** `lua_socket_read_timeout`. Default 60,000. */
  readonly readTimeoutMs?: number;
  readonly log?: Log;
}

/**
 * Kong's side of the plugin-server protocol, without any HTTP: what the stand-in gateway uses, and what
 * drives a plugin server in tests and measurements.
 */
export class PluginServerClient {
  readonly #workers: readonly PluginRpc[];
  readonly #closing = new AbortController();

  constructor(options: PluginServerClientOptions) {
    const { socketPath, workers = 1, readTimeoutMs = 60_000, log = () => undefined } = options;
    // Any number of requests may wait for an instance; Node takes more than ten for a leak.
    setMaxListeners(0, this.#closing.signal);
    const caches: InstanceCache[] = [];
    this.#workers = Array.from({ length: workers }, (_, index) => {
      const instances = (): InstanceCache => at(caches, index);
      const Rpc = options.protocol === 'ProtoBuf:1' ? ProtobufRpc : MsgpackRpc;
      const rpc = new Rpc({ socketPath, readTimeoutMs, log, instances });
      // A worker that has lost its instances tells the others, whose are lost as well.
      const resetOthers = (pluginName: string): void => {
        setImmediate(() => caches.forEach((cache) => cache.forget(pluginName)));
      };
      caches.push(new InstanceCache(rpc, log, this.#closing.signal, resetOthers));
      return rpc;
    });
  }

  get workerCount(): number {
    return this.#workers.length;
  }

  /** Remote calls made so far, by all workers; connects that failed count. */
  get callCount(): number {
    return this.#workers.reduce((sum, { callCount }) => sum + callCount, 0);
  }

  /**
   * Runs one event on one worker.
   *
   * @throws LuaError where Kong would answer 500
   */
  runEvent(event: PluginEvent, worker = 0): Promise<EventOutcome> {
    return at(this.#workers, worker % this.#workers.length).runEvent(event);
  }

  close(): void {
    this.#closing.abort();
    for (const rpc of this.#workers) rpc.close();
  }
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is no worker ${index}`);
  return found;
}

/** The fields Kong adds to a plugin's config, and the config: what becomes an instance. */
export interface InstanceSettings {
  readonly pluginName: string;
  readonly pluginId: string;
  readonly sequence: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly routeId?: string | undefined;
  readonly serviceId?: string | undefined;
  readonly consumerId?: string | undefined;
}

/** Kong's id of the default workspace. */
export const workspaceId = '0dc6f45b-8f8d-40d2-a504-473544ee190b';

/** Unset fields are left out of the JSON, and the scope is told twice: in `__key__` and as `*_id`. */
export function toInstanceConfig(settings: InstanceSettings): InstanceConfig {
  const { pluginName, pluginId, sequence, routeId, serviceId, consumerId } = settings;
  const scope = [pluginName, routeId, serviceId, consumerId, undefined, workspaceId];
  const configJson = JSON.stringify(
    {
      ...settings.config,
      route_id: routeId,
      service_id: serviceId,
      consumer_id: consumerId,
      __plugin_id: pluginId,
      __seq__: sequence,
      __ws_id: workspaceId,
      __key__: `plugins:${scope.map((part) => part ?? '').join(':')}`,
    },
    (_key, value: unknown) => value ?? undefined,
  );
  return { pluginName, pluginId, sequence, configJson };
}

/** PDK answers from a table, for driving a server without a gateway: what is not in it gives nil. */
export function scriptedPdk(answers: Readonly<Record<string, unknown>>): CallPdk {
  return (method) =>
    method === 'kong.response.exit' || method === 'kong.response.error'
      ? leaveEvent
      : answers[method];
}

export { type CallPdk, type EventOutcome, type InstanceConfig, leaveEvent, LuaError };
