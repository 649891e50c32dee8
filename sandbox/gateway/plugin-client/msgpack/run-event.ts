import type { Log } from '../gateway-log';
import type { InstanceCache } from '../instance-cache';
import { leaveEvent, type EventOutcome, type PluginEvent } from '../plugin-event';
import type { RpcClient, RpcReply } from './rpc-client';
import { stepMethod } from './step-method';

export interface EventRuntime {
  readonly rpc: RpcClient;
  readonly instances: InstanceCache;
  readonly log: Log;
}

/** A server that loses its instances faster than they start would keep Kong busy for ever. */
const maxRestarts = 10;

/**
 * One phase of one request: HandleEvent, then a Step for each PDK call that the plugin makes.
 *
 * @throws LuaError where Kong answers 500: the instance cannot be started, a PDK call was refused, an
 *   answer belongs to another call
 */
export async function runPluginEvent(
  runtime: EventRuntime,
  event: PluginEvent,
): Promise<EventOutcome> {
  const { config, phase } = event;
  for (let restart = 0; ; restart++) {
    const instanceId = await runtime.instances.claim(config);
    const first = await runtime.rpc.call(config.pluginName, 'plugin.HandleEvent', [
      { InstanceId: instanceId, EventName: phase },
    ]);
    const end = await followSteps(runtime, event, first);
    if (typeof end === 'string') return end;
    if (!/no plugin instance/i.test(end.error) || restart >= maxRestarts) {
      log(runtime, 'error', `mp_rpc.lua:318 [${config.pluginName}] ${end.error}`);
      return 'unanswered';
    }
    log(runtime, 'warn', `mp_rpc.lua:314 [${config.pluginName}] ${end.error}`);
    runtime.instances.reset(config.pluginName);
  }
}

async function followSteps(
  { rpc }: EventRuntime,
  { config, callPdk }: PluginEvent,
  first: RpcReply,
): Promise<EventOutcome | { readonly error: string }> {
  let reply = first;
  let eventId: unknown;
  for (;;) {
    if (!reply.ok) return reply;
    const { EventId, Data } = (reply.result ?? {}) as { EventId?: unknown; Data?: unknown };
    eventId ??= EventId;
    if (typeof Data !== 'object' || Data === null) return 'returned';
    const { Method, Args } = Data as { Method?: unknown; Args?: unknown };
    const method = typeof Method === 'string' ? Method : '';
    const result = await callPdk(method, upToNil(Args));
    if (result === leaveEvent) return 'left';
    const step =
      result === undefined || result === null
        ? { EventId: eventId }
        : { EventId: eventId, Data: result };
    reply = await rpc.call(config.pluginName, stepMethod(method), [step]);
  }
}

/** A Lua argument list ends at its first nil: what follows is lost, as in `exit(503, nil, headers)`. */
function upToNil(args: unknown): readonly unknown[] {
  if (!Array.isArray(args)) return [];
  const nil = args.findIndex((arg) => arg === null || arg === undefined);
  return nil === -1 ? args : args.slice(0, nil);
}

function log({ log }: EventRuntime, level: 'warn' | 'error', text: string): void {
  log({ level, text: `[kong] ${text}` });
}
