import { setMaxListeners } from 'node:events';
import { LuaError } from './lua-error';
import type { Log } from './gateway-log';
import { InstanceCache, type InstanceConfig } from './instance-cache';
import {
  type CallPdk,
  type EventOutcome,
  type EventRuntime,
  leaveEvent,
  type PluginEvent,
  runPluginEvent,
} from './plugin-event';
import { RpcClient } from './rpc-client';

export interface PluginServerClientOptions {
  readonly socketPath: string;
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
  readonly #workers: readonly EventRuntime[];
  readonly #closing = new AbortController();

  constructor(options: PluginServerClientOptions) {
    const { socketPath, workers = 1, readTimeoutMs = 60_000, log = () => undefined } = options;
    // Any number of requests may wait for an instance; Node takes more than ten for a leak.
    setMaxListeners(0, this.#closing.signal);
    this.#workers = Array.from({ length: workers }, () => {
      const rpc = new RpcClient({ socketPath, readTimeoutMs, log });
      return { rpc, instances: new InstanceCache(rpc, log, this.#closing.signal), log };
    });
  }

  get workerCount(): number {
    return this.#workers.length;
  }

  /** Remote calls made so far, by all workers; connects that failed count. */
  get callCount(): number {
    return this.#workers.reduce((sum, { rpc }) => sum + rpc.callCount, 0);
  }

  /**
   * Runs one event on one worker.
   *
   * @throws LuaError where Kong would answer 500
   */
  runEvent(event: PluginEvent, worker = 0): Promise<EventOutcome> {
    const runtime = this.#workers[worker % this.#workers.length];
    if (!runtime) throw new RangeError(`there is no worker ${worker}`);
    return runPluginEvent(runtime, event);
  }

  close(): void {
    this.#closing.abort();
    for (const { rpc } of this.#workers) rpc.close();
  }
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
