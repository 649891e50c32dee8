/** All running events, and the one timer that ends what hangs. */
import type { Counters } from './counters';
import { RunningEvent, type EventOwner, type Question } from './event';
import { pluginServerErrors } from './errors';
import { EventTable } from './event-table';
import type { Instance } from './instances';
import type { Log } from './log';
import type { Phase, PhaseHandler } from './plugin-class';
import type { Call } from './reply-encoder';

export interface EventLimits {
  /** A handler that has not answered by then is answered for: 503 where the phase allows it. */
  readonly handlerMs: number;
  /** A reply later than this is not sent: Kong's own patience is 60 s unless configured shorter. */
  readonly replyWithinMs: number;
  /** Kong executes calls in milliseconds; one that takes this long was given up on its side. */
  readonly abandonedMs: number;
}

export interface Events {
  readonly size: number;
  start(instance: Instance, phase: Phase, handler: PhaseHandler, question: Question): void;
  find(id: unknown): RunningEvent | undefined;
  /** Ends the handlers that take too long and the events that Kong has left behind. */
  sweep(nowMs: number): void;
  abandonAll(): void;
}

/** Phases in which Kong can still be made to answer instead of going on. */
const answerable: ReadonlySet<string> = new Set(['access', 'rewrite', 'response']);

export function createEvents(limits: EventLimits, log: Log, counters: Counters): Events {
  const running = new EventTable<RunningEvent>();

  const owner: EventOwner = {
    replyWithinMs: limits.replyWithinMs,
    counters,
    failed(event, cause) {
      counters.failed += 1;
      const reason = cause instanceof Error ? cause.message : String(cause);
      report('PLUGIN_SERVER_HANDLER_FAILED', event, { cause: reason });
      return refusal(event);
    },
    ended(event, outcome) {
      running.remove(event);
      event.instance.running -= 1;
      if (outcome === 'abandoned') {
        counters.abandoned += 1;
        log.limited('warn', 'event abandoned', {
          plugin: event.instance.class.name,
          phase: event.phase,
        });
      }
    },
  };

  function report(
    code: 'PLUGIN_SERVER_HANDLER_FAILED' | 'PLUGIN_SERVER_HANDLER_SLOW',
    event: RunningEvent,
    details: Readonly<Record<string, string | number>>,
  ): void {
    const plugin = event.instance.class.name;
    const failure = pluginServerErrors.failure(code, { plugin, phase: event.phase, ...details });
    log.limited('error', failure.message, { code, remedy: failure.remedy });
  }

  return {
    get size() {
      return running.size;
    },
    start(instance, phase, handler, question) {
      counters.events += 1;
      instance.running += 1;
      instance.lastUsedMs = question.atMs;
      running.add((id) => new RunningEvent(id, instance, phase, owner, question)).run(handler);
    },
    find: (id) => running.find(id),
    sweep(nowMs) {
      for (const event of running.all()) {
        const sinceMs = nowMs - event.sinceMs;
        if (!event.owesReply) {
          if (sinceMs > limits.abandonedMs) event.abandon();
        } else if (sinceMs > limits.handlerMs) {
          counters.slow += 1;
          report('PLUGIN_SERVER_HANDLER_SLOW', event, { limitMs: limits.handlerMs });
          event.endWith(refusal(event));
        }
      }
    },
    abandonAll() {
      for (const event of running.all()) event.abandon();
    },
  };
}

/** Kong takes a failed handler for a finished one and would send the request on, past the plugin. */
function refusal(event: RunningEvent): Call | undefined {
  if (!answerable.has(event.phase)) return undefined;
  const plugin = event.instance.class.name;
  const body = {
    message: `The plugin ${plugin} failed; the request was not sent on.`,
    code: 'PLUGIN_SERVER_HANDLER_FAILED',
    plugin,
  };
  return { method: 'kong.response.exit', args: [503, body, { 'X-Plugin-Failed': plugin }] };
}
