/** All running events, and the one timer that ends what hangs. */
import type { Counters } from './counters';
import { RunningEvent, type EventChannel, type EventOwner } from './event';
import { encodeAnswer, encodeEnd, stamp, type PreparedAnswer } from './event-end';
import { pluginServerErrors } from './errors';
import type { Instance } from './instances';
import { encodeKitCall, type Call } from './kit-methods';
import type { Log } from './log';
import type { Phase, PhaseHandler } from './plugin-class';
import type { Sequence } from './protocol';

export interface EventLimits {
  /** A handler that has not answered by then is answered for: 503 where the phase allows it. */
  readonly handlerMs: number;
  /** Kong executes calls in milliseconds; one that takes this long was given up on its side. */
  readonly abandonedMs: number;
}

export interface Events {
  readonly size: number;
  /** @returns the event, unless it was over at once. */
  start(
    instance: Instance,
    phase: string,
    sequence: Sequence,
    channel: EventChannel,
  ): RunningEvent | undefined;
  /** Ends the handlers that take too long and the events that Kong has left behind. */
  sweep(nowMs: number): void;
  abandonAll(): void;
}

/** Phases in which Kong can still be made to answer instead of going on. */
const answerable: ReadonlySet<string> = new Set(['access', 'rewrite', 'response']);

export function createEvents(limits: EventLimits, log: Log, counters: Counters): Events {
  const running = new Set<RunningEvent>();

  const owner: EventOwner = {
    counters,
    failed(event, cause) {
      reportFailure(event.instance, event.phase, cause);
      return refusal(event.instance, event.phase);
    },
    ended(event, outcome) {
      running.delete(event);
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

  function reportFailure(instance: Instance, phase: string, cause: unknown): void {
    counters.failed += 1;
    const reason = cause instanceof Error ? cause.message : String(cause);
    report('PLUGIN_SERVER_HANDLER_FAILED', instance, phase, { cause: reason });
  }

  function report(
    code: 'PLUGIN_SERVER_HANDLER_FAILED' | 'PLUGIN_SERVER_HANDLER_SLOW',
    { class: { name } }: Instance,
    phase: string,
    details: Readonly<Record<string, string | number>>,
  ): void {
    const failure = pluginServerErrors.failure(code, { plugin: name, phase, ...details });
    log.limited('error', failure.message, { code, remedy: failure.remedy });
  }

  /** @returns whether the plugin knew the answer already. */
  function answerPrepared(
    instance: Instance,
    phase: Phase,
    sequence: Sequence,
    channel: EventChannel,
  ): boolean {
    let prepared: PreparedAnswer | undefined;
    try {
      prepared = instance.plugin.prepared?.(phase);
      if (!prepared) return false;
      let answer = instance.answers.get(prepared);
      if (!answer) instance.answers.set(prepared, (answer = encodeAnswer(prepared)));
      channel.write(stamp(answer, sequence), prepared.calls.length);
    } catch {
      // The handler is asked instead: what is wrong is wrong there as well, and is reported then.
      return false;
    }
    counters.pdkCalls += prepared.calls.length;
    prepared.count();
    return true;
  }

  return {
    get size() {
      return running.size;
    },
    start(instance, phaseName, sequence, channel) {
      const nowMs = performance.now();
      counters.events += 1;
      instance.lastUsedMs = nowMs;
      const phase = instance.class.phases.find((each) => each === phaseName);
      const handler: PhaseHandler | undefined = phase && instance.plugin[phase];
      if (!phase || !handler) {
        // Kong would repeat an event whose connection is closed, without end.
        reportFailure(instance, phaseName, 'it has no such phase');
        const call = refusal(instance, phaseName);
        const calls = call ? [encodeKitCall(call)] : [];
        channel.write(Buffer.concat([...calls, encodeEnd(sequence)]), calls.length);
        return undefined;
      }
      if (answerPrepared(instance, phase, sequence, channel)) return undefined;
      instance.running += 1;
      const event = new RunningEvent(instance, phase, sequence, channel, owner, nowMs);
      running.add(event);
      event.run(handler);
      return running.has(event) ? event : undefined;
    },
    sweep(nowMs) {
      for (const event of running) {
        const sinceMs = nowMs - event.sinceMs;
        if (event.waitsForKong) {
          if (sinceMs > limits.abandonedMs) event.abandon();
        } else if (sinceMs > limits.handlerMs) {
          counters.slow += 1;
          const { instance, phase } = event;
          report('PLUGIN_SERVER_HANDLER_SLOW', instance, phase, { limitMs: limits.handlerMs });
          event.endWith(refusal(instance, phase));
        }
      }
    },
    abandonAll() {
      for (const event of running) event.abandon();
    },
  };
}

/** Kong takes a handler that ended for a finished one and would send the request on. */
function refusal({ class: { name: plugin } }: Instance, phase: string): Call | undefined {
  if (!answerable.has(phase)) return undefined;
  const body = {
    message: `The plugin ${plugin} failed; the request was not sent on.`,
    code: 'PLUGIN_SERVER_HANDLER_FAILED',
    plugin,
  };
  return { method: 'kong.response.exit', args: [503, body, { 'X-Plugin-Failed': plugin }] };
}
