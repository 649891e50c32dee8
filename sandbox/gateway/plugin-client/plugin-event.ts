import type { InstanceConfig } from './instance-cache';

/** What a PDK call returns when it ends the request: the event stops there. */
export const leaveEvent = Symbol('leave event');

/**
 * Runs one PDK call. `undefined` is Lua's nil.
 *
 * @throws LuaError for what is a Lua error in Kong, a bad argument for one
 */
export type CallPdk = (method: string, args: readonly unknown[]) => unknown;

/** How an event ended. `unanswered` is MsgPack's fail-open: Kong logs and the request goes on untouched. */
export type EventOutcome = 'returned' | 'left' | 'unanswered';

export interface PluginEvent {
  readonly config: InstanceConfig;
  readonly phase: 'rewrite' | 'access' | 'response' | 'log';
  readonly callPdk: CallPdk;
}

/** One worker's side of a protocol. */
export interface PluginRpc {
  /** Remote calls made so far; connects that failed count. */
  readonly callCount: number;
  /**
   * @returns the error text for which Kong gives up the instance that is being started
   * @throws LuaError for what Kong does not catch
   */
  startInstance(config: InstanceConfig): Promise<StartedInstance>;
  closeInstance(pluginName: string, id: number): Promise<void>;
  /** @throws LuaError where Kong answers 500 */
  runEvent(event: PluginEvent): Promise<EventOutcome>;
  close(): void;
}

export type StartedInstance =
  { readonly ok: true; readonly id: number } | { readonly ok: false; readonly error: string };
