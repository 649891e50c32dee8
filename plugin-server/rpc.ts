/**
 * The methods Kong calls, and no others: the stock server runs whatever its class has, which lets
 * anyone who can open the socket load code or read configs with their secrets.
 */
import type { Counters } from './counters';
import type { Question } from './event';
import type { Events } from './events';
import type { Instances } from './instances';
import type { Log } from './log';
import type { PluginClass } from './plugin-class';
import { encodeError, encodeResult } from './reply-encoder';

export interface Rpc {
  /** Answers at once, or leaves the answer to the event. Never throws. */
  handle(method: string, params: readonly unknown[], question: Question): void;
}

export interface RpcParts {
  readonly classes: ReadonlyMap<string, PluginClass>;
  readonly instances: Instances;
  readonly events: Events;
  readonly log: Log;
  readonly counters: Counters;
}

type Method = (argument: unknown, question: Question) => void;

/** Kong names the kind of value it hands over; to JavaScript they are all the same. */
const stepMethods = [
  'Step',
  'StepService',
  'StepRoute',
  'StepConsumer',
  'StepCredential',
  'StepMemoryStats',
  'StepMultiMap',
];

export function createRpc({ classes, instances, events, log, counters }: RpcParts): Rpc {
  function refuse({ asker, msgid }: Question, message: string): void {
    counters.refused += 1;
    asker.reply(encodeError(msgid, message));
  }

  const methods = new Map<string, Method>();
  methods.set('plugin.HandleEvent', (argument, question) => {
    const { InstanceId, EventName } = fieldsOf(argument);
    const instance = instances.find(InstanceId);
    if (!instance) {
      // Kong starts a new instance and repeats the event upon exactly this beginning.
      refuse(question, `no plugin instance #${String(InstanceId)}`);
      return;
    }
    const phase = instance.class.phases.find((each) => each === EventName);
    const handler = phase && instance.plugin[phase];
    if (handler) events.start(instance, phase, handler, question);
    else refuse(question, `${instance.class.name} has no phase ${String(EventName)}`);
  });
  const step = (argument: unknown, question: Question, failed: boolean): void => {
    const { EventId, Data } = fieldsOf(argument);
    const event = events.find(EventId);
    if (!event) refuse(question, `event id ${String(EventId)} not found`);
    else if (event.owesReply) refuse(question, `event id ${String(EventId)} awaits no step`);
    else event.step(Data, failed, question);
  };
  for (const name of stepMethods) {
    methods.set(`plugin.${name}`, (argument, question) => {
      step(argument, question, false);
    });
  }
  methods.set('plugin.StepError', (argument, question) => {
    step(argument, question, true);
  });
  methods.set('plugin.StartInstance', (argument, question) => {
    const { Name, Config } = fieldsOf(argument);
    const pluginClass = classes.get(String(Name));
    if (!pluginClass) {
      refuse(question, `the plugin ${String(Name)} is not served here`);
      return;
    }
    const config = JSON.parse(String(Config)) as unknown;
    const { id } = instances.start(pluginClass, config, question.atMs);
    counters.instancesStarted += 1;
    log.write('debug', 'instance started', { plugin: pluginClass.name, id });
    try {
      const started = { Name: pluginClass.name, Id: id, Config: config };
      answer(question, { ...started, StartTime: Date.now() / 1000 });
    } catch (error) {
      // One whose id cannot be told would never be closed.
      instances.discard(id);
      throw error;
    }
  });
  methods.set('plugin.CloseInstance', (id, question) => {
    const closed = instances.close(id, question.atMs);
    if (closed) answer(question, { Name: closed.class.name, Id: closed.id, Config: closed.config });
    else refuse(question, `no plugin instance #${String(id)}`);
  });
  methods.set('plugin.GetStatus', (_argument, question) => {
    const Plugins = Object.fromEntries([...classes.keys()].map((Name) => [Name, { Name }]));
    answer(question, { Pid: process.pid, Plugins });
  });

  return {
    handle(name, params, question) {
      const method = methods.get(name);
      if (!method) {
        log.limited('warn', 'method refused', { method: name.slice(0, 100) });
        refuse(question, `method ${name.slice(0, 100)} is not served here`);
        return;
      }
      try {
        method(params[0], question);
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        log.limited('error', 'method failed', { method: name, cause });
        refuse(question, cause);
      }
    },
  };
}

function answer({ asker, msgid }: Question, result: unknown): void {
  asker.reply(encodeResult(msgid, result));
}

function fieldsOf(argument: unknown): Readonly<Record<string, unknown>> {
  return typeof argument === 'object' && argument !== null
    ? (argument as Record<string, unknown>)
    : {};
}
