/** One worker's calls to a plugin server in Kong's MsgPack protocol: what `mp_rpc.lua` does. */
import type { InstanceCache, InstanceConfig } from '../instance-cache';
import type { EventOutcome, PluginEvent, PluginRpc, StartedInstance } from '../plugin-event';
import { RpcClient, type RpcClientOptions } from './rpc-client';
import { runPluginEvent } from './run-event';

export interface MsgpackRpcOptions extends RpcClientOptions {
  readonly instances: () => InstanceCache;
}

export class MsgpackRpc implements PluginRpc {
  readonly #rpc: RpcClient;

  constructor(private readonly options: MsgpackRpcOptions) {
    this.#rpc = new RpcClient(options);
  }

  get callCount(): number {
    return this.#rpc.callCount;
  }

  async startInstance({ pluginName, configJson }: InstanceConfig): Promise<StartedInstance> {
    const start = { Name: pluginName, Config: configJson };
    const reply = await this.#rpc.call(pluginName, 'plugin.StartInstance', [start]);
    if (!reply.ok) return reply;
    const { Id } = (reply.result ?? {}) as { Id?: unknown };
    if (typeof Id === 'number') return { ok: true, id: Id };
    return { ok: false, error: 'the answer has no instance id' };
  }

  async closeInstance(pluginName: string, id: number): Promise<void> {
    await this.#rpc.call(pluginName, 'plugin.CloseInstance', [id]);
  }

  runEvent(event: PluginEvent): Promise<EventOutcome> {
    const { log, instances } = this.options;
    return runPluginEvent({ rpc: this.#rpc, instances: instances(), log }, event);
  }

  close(): void {
    this.#rpc.close();
  }
}
